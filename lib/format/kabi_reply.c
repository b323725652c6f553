/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kabi_reply.c - replies: daemon to kernel.
 *
 * Two forms (fill_pkg() in dm-log-userspace-transfer.c). Full: a dm_ulog_request with its payload,
 * matched by dm_ulog_request.seq. Short: cn_msg.len 0, matched by cn_msg.seq; the kernel takes
 * -cn_msg.ack as the result, an int, so every negative errno fits as well as 0, and it sets the
 * payload to nothing. We send short whatever has no payload, except -ESRCH. The reply to a request
 * that timed out matches nothing and is ignored.
 */
#include "lib/format/kabi.h"

#include <errno.h>
#include <linux/dm-log-userspace.h>
#include <string.h>

#include "base/buf.h"
#include "lib/format/kabi_hdr.h"

#define ERRNO_MAX	4095	/* of the kernel's MAX_ERRNO */

CM_STATIC_ASSERT(KABI_OFF_DATA + KABI_REPLY_DATA_MAX == KABI_REPLY_MAX);

static bool reply_ok(const struct kabi_reply *reply);

/*
 * -ESRCH has the kernel replay CTR and RESUME and then ask the same question again, with the room
 * for an answer that the reply to the first one left it (userspace_do_request() does not reset it):
 * none after a short reply. The answer to the second would be -ENOSPC, IN_SYNC = 0 to the kernel,
 * and a write would go to one leg without a mark. So -ESRCH carries as many bytes as fit.
 */
static uint32_t room_bytes(const struct kabi_reply *reply)
{
	return reply->error == -ESRCH ? kabi_type_info(reply->type)->reply_min_bytes : 0;
}

size_t kabi_reply_encode(const struct kabi_reply *reply, void *buf)
{
	uint8_t *bytes = buf;
	uint32_t data_bytes = reply->data_bytes + room_bytes(reply);
	struct kabi_hdr hdr;

	CM_ASSERT(reply_ok(reply));

	memset(&hdr, 0, sizeof(hdr));
	hdr.cn.seq = reply->seq;
	if (!data_bytes) {
		hdr.cn.ack = (uint32_t)-reply->error;
		return kabi_hdr_encode(&hdr, 0, true, bytes);
	}
	hdr.rq.luid = reply->luid;
	hdr.rq.version = DM_ULOG_REQUEST_VERSION;
	hdr.rq.error = reply->error;
	hdr.rq.seq = reply->seq;
	hdr.rq.request_type = reply->type;
	if (reply->data_bytes)
		memcpy(bytes + KABI_OFF_DATA, reply->data, data_bytes);
	else
		memset(bytes + KABI_OFF_DATA, 0, data_bytes);
	return kabi_hdr_encode(&hdr, data_bytes, false, bytes);
}

int kabi_reply_decode(const void *buf, size_t len_bytes, struct kabi_reply *reply)
{
	const uint8_t *bytes = buf;
	struct kabi_hdr hdr;
	struct kabi_reply got;
	int r;

	r = kabi_hdr_decode(bytes, len_bytes, &hdr);
	if (r)
		return r;

	memset(&got, 0, sizeof(got));
	if (!hdr.cn.len) {
		if (hdr.cn.ack > ERRNO_MAX || hdr.cn.ack == EAGAIN)
			return CM_E_KABI_PAYLOAD;
		got.seq = hdr.cn.seq;
		got.error = -(int32_t)hdr.cn.ack;
		*reply = got;
		return 0;
	}
	if (hdr.rq.version < 2 || hdr.rq.version > 3)
		return CM_E_KABI_VERSION;
	if (!hdr.rq.request_type || hdr.rq.request_type > DM_ULOG_REQUEST_MASK)
		return CM_E_KABI_TYPE;
	got.luid = hdr.rq.luid;
	got.seq = hdr.rq.seq;
	got.type = hdr.rq.request_type;
	got.error = hdr.rq.error;
	got.data_bytes = hdr.rq.data_size;
	if (hdr.rq.data_size > KABI_REPLY_DATA_MAX)
		return CM_E_KABI_PAYLOAD;
	memcpy(got.data, bytes + KABI_OFF_DATA, hdr.rq.data_size);
	if (got.data_bytes && got.data_bytes == room_bytes(&got) &&
	    buf_is_zero(got.data, got.data_bytes))
		got.data_bytes = 0;	/* room, not an answer */
	if (!reply_ok(&got))
		return CM_E_KABI_PAYLOAD;
	*reply = got;
	return 0;
}

/*
 * What the kernel can make something of. -EAGAIN would have it resend at once, without a pause, for
 * ever. A name in the reply to CTR goes to dm_get_device() and the kernel wants its NUL.
 */
static bool reply_ok(const struct kabi_reply *reply)
{
	const struct kabi_type_info *info = kabi_type_info(reply->type);

	if (reply->error > 0 || reply->error < -ERRNO_MAX || reply->error == -EAGAIN)
		return false;
	if (reply->error)
		return !reply->data_bytes;
	if (reply->data_bytes < info->reply_min_bytes || reply->data_bytes > info->reply_max_bytes)
		return false;
	if (reply->type == KABI_CTR && reply->data_bytes)
		return !reply->data[reply->data_bytes - 1];
	return true;
}
