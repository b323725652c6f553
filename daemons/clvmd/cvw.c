/* SPDX-License-Identifier: GPL-2.0-only */
/* cvw.c - encode and decode run over the fields in the same order, in one function per direction
 * and group. */
#include "daemons/clvmd/cvw.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/* ---- encode ---- */

static void put_str(struct buf_wr *wr, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	CM_ASSERT(len < size);
	wr_u16(wr, (uint16_t)len);
	wr_bytes(wr, text, len);
}

static void put_name(struct buf_wr *wr, const struct cvw_msg *msg)
{
	put_str(wr, msg->vg, sizeof(msg->vg));
	put_str(wr, msg->lv, sizeof(msg->lv));
	put_str(wr, msg->dm_uuid, sizeof(msg->dm_uuid));
}

size_t cvw_encode(const struct cvw_msg *msg, uint8_t *buf)
{
	struct buf_wr wr;

	wr_init(&wr, buf, CVW_MSG_MAX);
	wr_u32(&wr, CVW_MAGIC);
	wr_u8(&wr, CVW_VERSION);
	wr_u8(&wr, msg->type);
	wr_u16(&wr, 0);
	wr_u64(&wr, msg->op);
	switch (msg->type) {
	case CVW_HELLO:
		wr_u16(&wr, msg->proto_min);
		wr_u16(&wr, msg->proto_max);
		break;
	case CVW_OP:
		wr_u32(&wr, msg->target);
		wr_u8(&wr, msg->verb);
		wr_u8(&wr, msg->flags);
		wr_u32(&wr, msg->timeout_s);
		put_name(&wr, msg);
		break;
	case CVW_READY:
	case CVW_DONE:
	case CVW_UNDONE:
		wr_u32(&wr, (uint32_t)msg->code);
		put_str(&wr, msg->text, sizeof(msg->text));
		break;
	case CVW_ACTIVE:
		wr_u8(&wr, msg->flags);
		put_name(&wr, msg);
		break;
	default:
		CM_ASSERT(msg->type == CVW_GO || msg->type == CVW_UNDO || msg->type == CVW_END);
	}
	CM_ASSERT(!wr_failed(&wr));
	return wr_len(&wr);
}

/* ---- decode ---- */

static bool get_str(struct buf_rd *rd, char *out, size_t size, bool may_be_empty)
{
	size_t len = rd_u16(rd);

	if (rd_failed(rd))
		return true;		/* reported as SHORT at the end */
	if (len >= size || (!len && !may_be_empty))
		return false;
	rd_bytes(rd, out, len);
	out[len] = '\0';
	for (size_t i = 0; !rd_failed(rd) && i < len; i++)
		if (iscntrl((unsigned char)out[i]))
			return false;
	return true;
}

bool cvw_dm_uuid_is_valid(const char *dm_uuid)
{
	if (strlen(dm_uuid) != CVW_DM_UUID_BYTES - 1 || strncmp(dm_uuid, "LVM-", 4))
		return false;
	for (dm_uuid += 4; *dm_uuid; dm_uuid++)
		if (!isalnum((unsigned char)*dm_uuid) && *dm_uuid != '#' && *dm_uuid != '!')
			return false;
	return true;
}

/* No slash, so that a name never leaves its folder or its VG. */
static bool get_name(struct buf_rd *rd, struct cvw_msg *msg)
{
	if (!get_str(rd, msg->vg, sizeof(msg->vg), false) ||
	    !get_str(rd, msg->lv, sizeof(msg->lv), false) ||
	    !get_str(rd, msg->dm_uuid, sizeof(msg->dm_uuid), false))
		return false;
	if (rd_failed(rd))
		return true;
	return !strchr(msg->vg, '/') && !strchr(msg->lv, '/') && cvw_dm_uuid_is_valid(msg->dm_uuid);
}

static bool get_body(struct buf_rd *rd, struct cvw_msg *msg)
{
	switch (msg->type) {
	case CVW_HELLO:
		msg->proto_min = rd_u16(rd);
		msg->proto_max = rd_u16(rd);
		return !msg->op &&
		       (rd_failed(rd) || (msg->proto_min && msg->proto_min <= msg->proto_max));
	case CVW_OP:
		msg->target = rd_u32(rd);
		msg->verb = rd_u8(rd);
		msg->flags = rd_u8(rd);
		msg->timeout_s = rd_u32(rd);
		return get_name(rd, msg) && (rd_failed(rd) || (msg->op && msg->verb &&
			msg->verb < CVW_VERB_END && msg->flags <= CVW_F_KNOWN &&
			msg->timeout_s && msg->timeout_s <= 3600));
	case CVW_READY:
	case CVW_DONE:
	case CVW_UNDONE:
		msg->code = (int32_t)rd_u32(rd);
		return get_str(rd, msg->text, sizeof(msg->text), true) && msg->op && msg->code <= 0;
	case CVW_ACTIVE:
		msg->flags = rd_u8(rd);
		return get_name(rd, msg) && !msg->op && msg->flags <= CVW_F_KNOWN;
	default:
		return msg->op != 0;
	}
}

int cvw_decode(const uint8_t *buf, size_t len_bytes, struct cvw_msg *msg)
{
	struct cvw_msg got;
	struct buf_rd rd;
	uint8_t version;
	uint16_t zero;
	bool is_valid;

	memset(&got, 0, sizeof(got));
	rd_init(&rd, buf, len_bytes);
	if (rd_left(&rd) < CVW_HDR_BYTES)
		return CM_E_WIRE_SHORT;
	if (rd_u32(&rd) != CVW_MAGIC)
		return CM_E_WIRE_MAGIC;
	version = rd_u8(&rd);
	got.type = rd_u8(&rd);
	zero = rd_u16(&rd);
	got.op = rd_u64(&rd);
	if (version != CVW_VERSION && (got.type != CVW_HELLO || !version))
		return CM_E_WIRE_VERSION;
	if (!got.type || got.type >= CVW_TYPE_END)
		return CM_E_WIRE_TYPE;
	is_valid = get_body(&rd, &got) && !zero;
	if (rd_failed(&rd))
		return CM_E_WIRE_SHORT;
	if (!is_valid)
		return CM_E_WIRE_FIELD;
	if (rd_left(&rd) && version == CVW_VERSION)
		return CM_E_WIRE_LEN;
	*msg = got;
	return 0;
}

const char *cvw_type_name(uint8_t type)
{
	static const char *const name[CVW_TYPE_END] = {
		"?", "HELLO", "OP", "READY", "GO", "DONE", "UNDO", "UNDONE", "END", "ACTIVE",
	};

	return type < CVW_TYPE_END ? name[type] : "?";
}

const char *cvw_verb_name(uint8_t verb)
{
	static const char *const name[CVW_VERB_END] = {
		"?", "activate", "deactivate", "refresh", "initlog",
	};

	return verb < CVW_VERB_END ? name[verb] : "?";
}
