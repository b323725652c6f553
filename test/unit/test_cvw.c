/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages between clvmds: bytes by hand, round trips, ranges, every truncation and every changed
 * byte. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "daemons/clvmd/cvw.h"
#include "daemons/clvmd/record.h"
#include "test/lib/tap.h"

#define UUID "LVM-8uPrffqdQzQTUm14hrfAUGWxdkE5oCovndlw9hRi2VBMAaAs1NxnXcLmzWFYQIXe"

static void text_set(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text);
}

static struct cvw_msg sample(uint8_t type)
{
	struct cvw_msg m = { .type = type };

	if (type != CVW_HELLO && type != CVW_ACTIVE)
		m.op = 0x1122334455667788;
	if (type == CVW_HELLO) {
		m.proto_min = 1;
		m.proto_max = 3;
	}
	if (type == CVW_OP) {
		m.target = 3;
		m.verb = CVW_REFRESH;
		m.timeout_s = 60;
	}
	if (type == CVW_OP || type == CVW_ACTIVE) {
		m.flags = CVW_F_ALL | CVW_F_ON;
		text_set(m.vg, sizeof(m.vg), "v-g");
		text_set(m.lv, sizeof(m.lv), "m");
		text_set(m.dm_uuid, sizeof(m.dm_uuid), UUID);
	}
	if (type == CVW_READY || type == CVW_DONE || type == CVW_UNDONE) {
		m.code = -16;
		text_set(m.text, sizeof(m.text), "in use");
	}
	return m;
}

static void golden(void)
{
	static const uint8_t done[] = {
		'c',  'M',  'c',  'v',	1,    CVW_DONE, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33,
		0x22, 0x11, 0xf0, 0xff, 0xff, 0xff,	6, 0, 'i',  'n',  ' ',	'u',  's',  'e',
	};
	static const uint8_t hello[] = {
		'c', 'M', 'c', 'v', 1, CVW_HELLO, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3, 0,
	};
	uint8_t buf[CVW_MSG_MAX];
	struct cvw_msg m = sample(CVW_DONE);

	IS_U64(cvw_encode(&m, buf), sizeof(done), "length of DONE");
	IS_MEM(buf, done, sizeof(done), "DONE");
	m = sample(CVW_HELLO);
	IS_U64(cvw_encode(&m, buf), sizeof(hello), "length of HELLO");
	IS_MEM(buf, hello, sizeof(hello), "HELLO");
	buf[4] = 9;
	OK(!cvw_decode(buf, sizeof(hello), &m), "HELLO of a later version");
	buf[sizeof(hello)] = 1;
	OK(!cvw_decode(buf, sizeof(hello) + 1, &m), "that has more fields");
	buf[4] = 1;
	IS_INT(cvw_decode(buf, sizeof(hello) + 1, &m), CM_E_WIRE_LEN, "one of ours has not");
	memcpy(buf, done, sizeof(done));
	buf[4] = 2;
	IS_INT(cvw_decode(buf, sizeof(done), &m), CM_E_WIRE_VERSION, "DONE of a later version");
}

static void round_trips(void)
{
	for (uint8_t type = CVW_HELLO; type < CVW_TYPE_END; type++) {
		struct cvw_msg m = sample(type), got;
		uint8_t buf[CVW_MSG_MAX];
		size_t len = cvw_encode(&m, buf);

		IS_INT(cvw_decode(buf, len, &got), 0, "%s", cvw_type_name(type));
		IS_MEM(&got, &m, sizeof(m), "%s comes back", cvw_type_name(type));
	}
}

static void field(const struct cvw_msg *m, const char *what)
{
	uint8_t buf[CVW_MSG_MAX];
	struct cvw_msg got;

	IS_INT(cvw_decode(buf, cvw_encode(m, buf), &got), CM_E_WIRE_FIELD, "%s", what);
}

static void ranges(void)
{
	struct cvw_msg m = sample(CVW_OP);

	m.verb = CVW_VERB_END;
	field(&m, "unknown verb");
	m = sample(CVW_OP);
	m.op = 0;
	field(&m, "operation 0");
	m = sample(CVW_OP);
	m.timeout_s = 3601;
	field(&m, "time-out");
	m = sample(CVW_OP);
	m.flags = 16;
	field(&m, "unknown flag");
	m = sample(CVW_OP);
	text_set(m.lv, sizeof(m.lv), "../x");
	field(&m, "a slash in a name");
	m = sample(CVW_OP);
	text_set(m.lv, sizeof(m.lv), "a\nb");
	field(&m, "a newline in a name");
	m = sample(CVW_OP);
	m.vg[0] = '\0';
	field(&m, "no name");
	m = sample(CVW_ACTIVE);
	m.dm_uuid[10] = '/';
	field(&m, "a slash in the uuid");
	m = sample(CVW_DONE);
	m.code = 5;
	field(&m, "a positive code");
	m = sample(CVW_HELLO);
	m.proto_min = 4;
	field(&m, "protocols the wrong way round");
}

/* Strings whole, names without a slash, or an error. */
static bool is_whole(const struct cvw_msg *m)
{
	return memchr(m->vg, 0, sizeof(m->vg)) && memchr(m->lv, 0, sizeof(m->lv)) &&
	       memchr(m->text, 0, sizeof(m->text)) && memchr(m->dm_uuid, 0, sizeof(m->dm_uuid)) &&
	       !strchr(m->dm_uuid, '/') && !strchr(m->lv, '/') && m->type &&
	       m->type < CVW_TYPE_END && m->verb < CVW_VERB_END && m->code <= 0;
}

static void sweeps(void)
{
	unsigned int bad = 0, short_ok = 0, done = 0;
	uint8_t buf[CVW_MSG_MAX], copy[CVW_MSG_MAX];
	struct cvw_msg got;

	for (uint8_t type = CVW_HELLO; type < CVW_TYPE_END; type++) {
		struct cvw_msg m = sample(type);
		size_t len = cvw_encode(&m, buf);

		for (size_t n = 0; n < len; n++)
			short_ok += !cvw_decode(buf, n, &got);
		for (size_t i = 0; i < len; i++) {
			for (unsigned int v = 0; v < 256; v++, done++) {
				memcpy(copy, buf, len);
				copy[i] = (uint8_t)v;
				if (!cvw_decode(copy, len, &got))
					bad += !is_whole(&got);
			}
		}
	}
	IS_U64(short_ok, 0, "no truncation decodes");
	IS_U64(bad, 0, "%u messages with one byte changed: refused or whole", done);
}

int main(void)
{
	char uuid[39];

	golden();
	round_trips();
	ranges();
	sweeps();
	record_lv_uuid(UUID, uuid);
	IS_STR(uuid, "ndlw9h-Ri2V-BMAa-As1N-xnXc-LmzW-FYQIXe", "LV uuid in a dm uuid");
	return tap_done();
}
