/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hash.h - a fast hash for comparing state, and the checksum of everything on disk.
 *
 * Neither protects against intent. Pure. Any thread.
 */
#ifndef CM_BASE_HASH_H
#define CM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * 64-bit hash of @len_bytes at @data (FNV-1a with a final mix). Chains: the result for one piece is
 * the @seed of the next; the first seed is 0. Equal on every machine, so nodes may compare it. How
 * the bytes are cut into pieces matters.
 */
uint64_t cm_hash64(uint64_t seed, const void *data, size_t len_bytes);

/*
 * The same by whole words of this machine: several times as fast, and only to be compared with
 * results of the same process.
 */
uint64_t cm_digest64(uint64_t seed, const void *data, size_t len_bytes);

/*
 * CRC-32C (Castagnoli, reflected, as iSCSI RFC 3720 has it). The first @seed is 0; the result for
 * one piece is the seed of the next, and how the bytes are cut does not matter.
 * "123456789" gives 0xe3069283.
 */
uint32_t cm_crc32c(uint32_t seed, const void *data, size_t len_bytes);

#endif
