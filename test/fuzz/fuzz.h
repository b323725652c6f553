/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz.h - what the fuzzers share.
 *
 * Each fuzz_NAME.c defines LLVMFuzzerTestOneInput(), which hands the input to one decoder, as bytes
 * come from a kernel, a disk, a peer or a person. What decodes must be in range, and where there
 * is an encoder, must come out of it again with the same meaning: CM_ASSERT. The input's memory
 * ends with its last byte, so that a sanitizer sees who reads on. See README.
 *
 * One thread.
 */
#ifndef CM_TEST_FUZZ_FUZZ_H
#define CM_TEST_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/buf.h"

/* The decoder's turn. In test/fuzz/replay it has another name (fuzz.mk). Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All of the input as a string: cut at its first NUL by nature. free() it. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The next @size bytes, in an allocation of that size; what is not there is 0. free() it. */
uint8_t *fuzz_take(struct buf_rd *rd, size_t size);

/* A folder of this process, made at the first call and removed with its files at the end. With
 * @fd >= 0 it is open as this descriptor, too: "/proc/self/fd/N" then leads there. */
const char *fuzz_dir(int fd);

/* (Over)write file @name in it; a slash in the name makes a folder. */
void fuzz_file(const char *name, const void *data, size_t size);

/* Cut @text into lines at newlines, call @fn with each: "key=value" in two, "" and "" for an empty
 * line, as ctl_client_call() does. */
void fuzz_lines(char *text, void (*fn)(void *ctx, const char *key, const char *value), void *ctx);

/* Call @one with a datagram of the connector, then with a copy whose three lengths are right. */
void fuzz_kabi(const uint8_t *data, size_t size, void (*one)(const uint8_t *data, size_t size));

#endif
