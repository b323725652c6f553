/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * err.h - the project's own error codes beside errno, and one line of text for people.
 *
 * Every fallible function returns 0 or a negative number: -errno, or a domain code below. A domain
 * code names the check that refused, so that a bare number in a log names the place. Codes are
 * grouped by a hundred per module and never change their meaning; append at the end of a group.
 *
 * Any thread. No allocation.
 */
#ifndef CM_BASE_ERR_H
#define CM_BASE_ERR_H

#include <errno.h>	/* the other half of the codes */
#include <stdarg.h>

#include "base/assert.h"

/* X(name, code, text): the text completes "cannot do this: ...". */
#define CM_ERR_TABLE(X) \
	/* base/buf.h */ \
	X(CM_E_BUF_SHORT,	-1001, "buffer ended too early") \
	/* lib/format/kabi.h: a request of the kernel */ \
	X(CM_E_KABI_SHORT,	-1101, "kernel request shorter than its headers") \
	X(CM_E_KABI_LEN,	-1102, "kernel request with contradicting lengths") \
	X(CM_E_KABI_CNID,	-1103, "kernel request of another connector id") \
	X(CM_E_KABI_VERSION,	-1104, "kernel request of an unknown version") \
	X(CM_E_KABI_UUID,	-1105, "kernel request with a malformed log uuid") \
	X(CM_E_KABI_TYPE,	-1106, "kernel request of an unknown type") \
	X(CM_E_KABI_PAYLOAD,	-1107, "kernel request with a payload of the wrong size") \
	X(CM_E_KABI_REGION,	-1108, "kernel request for a region past the end of the mirror") \
	X(CM_E_KABI_ARGS,	-1109, "malformed constructor arguments") \
	/* lib/format/wire.h: a message of another node */ \
	X(CM_E_WIRE_SHORT,	-1201, "message shorter than its own length") \
	X(CM_E_WIRE_MAGIC,	-1202, "message without our magic number") \
	X(CM_E_WIRE_VERSION,	-1203, "message of a protocol version we do not speak") \
	X(CM_E_WIRE_TYPE,	-1204, "message of an unknown type") \
	X(CM_E_WIRE_LEN,	-1205, "message of the wrong length for its type") \
	X(CM_E_WIRE_FIELD,	-1206, "message with a field out of its range") \
	/* lib/format/disk.h: the log device */ \
	X(CM_E_DISK_MAGIC,	-1301, "log device without our magic number") \
	X(CM_E_DISK_VERSION,	-1302, "log device of a version we do not know") \
	X(CM_E_DISK_CSUM,	-1303, "log device with a wrong checksum") \
	X(CM_E_DISK_UUID,	-1304, "log device of another mirror") \
	X(CM_E_DISK_GEOMETRY,	-1305, "log device with another region size or count") \
	X(CM_E_DISK_FIELD,	-1306, "log device with a field out of its range") \
	X(CM_E_DISK_SHORT,	-1307, "log device ends too early") \
	X(CM_E_DISK_SPACE,	-1308, "log device too small") \
	/* lib/cluster/clu.h */ \
	X(CM_E_CLU_NO_QUORUM,	-1401, "no quorum") \
	X(CM_E_CLU_NO_FENCING,	-1402, "fencing is switched off") \
	X(CM_E_CLU_NO_COROSYNC,	-1403, "corosync does not answer") \
	X(CM_E_CLU_VERSION,	-1404, "no protocol version in common") \
	X(CM_E_CLU_LOST,	-1405, "connection to the cluster lost")
	/* free: -1501 KCH (lib/kernel), -1601 STORE, -1701 CTL, -1801 LVM (lib/mirror) */

enum cm_err {
#define CM_ERR_ENUM(name, code, text) name = (code),
	CM_ERR_TABLE(CM_ERR_ENUM)
#undef CM_ERR_ENUM
};

/*
 * The text of @err: 0, a negative errno or a domain code. Anything else is "unknown error".
 * Never NULL; static storage, not to be freed.
 */
const char *cm_strerror(int err);

/* A domain code as written above ("CM_E_WIRE_SHORT"), an errno as in C ("EIO"), otherwise "?". */
const char *cm_errname(int err);

/*
 * One line for people that grows on the way up: the place that fails says what, each caller that
 * knows more says where: "log /dev/vg/l_mlog: superblock 1: wrong checksum". No newline at the end.
 * Longer text is cut at the end.
 */
struct cm_errmsg {
	char text[512];
};

/* Replace the text. @e may be NULL: nothing happens. */
void cm_err_set(struct cm_errmsg *e, const char *fmt, ...) CM_PRINTF(2, 3);
void cm_err_setv(struct cm_errmsg *e, const char *fmt, va_list args) CM_PRINTF(2, 0);

/* Put the formatted text and ": " in front of what is there. @e may be NULL: nothing happens. */
void cm_err_wrap(struct cm_errmsg *e, const char *fmt, ...) CM_PRINTF(2, 3);

#endif
