/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metadata texts that LVM 2.03.16 wrote (data/vg-*.txt, by vgcfgbackup), what we read in them, the
 * table lines made of it, and the same texts cut short and damaged.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mirror/dmdev.h"
#include "lib/mirror/mir.h"
#include "lib/mirror/mir_line.h"
#include "test/lib/tap.h"

static char *text_load(const char *name)
{
	static char path[512];
	char *text = calloc(1, 1 << 16);
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/test/unit/data/%s", CM_TOP_SRCDIR, name);
	file = fopen(path, "r");
	if (!file || !text || !fread(text, 1, (1 << 16) - 1, file)) {
		(void)printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	(void)fclose(file);
	return text;
}

/* @text with the first @from replaced by @to; free() it. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	size_t size = strlen(text) + strlen(to) + 1;
	char *out = calloc(1, size);

	CM_ASSERT(at && out);
	(void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

static void disk_mirror(const char *text)
{
	struct mir_devs devs = { .leg = { { 254, 1 }, { 254, 2 } }, .log = { 254, 0 } };
	char line[MIR_LINE_BYTES], want[MIR_LINE_BYTES];
	struct cm_errmsg err = { .text = "" };
	struct mir *m;

	if (!OK(!mir_from_text(text, "v-g", "m", &m, &err), "mirror with a disk log is read %s",
		err.text))
		return;
	IS_STR(m->vg_uuid, "8uPrff-qdQz-QTUm-14hr-fAUG-Wxdk-E5oCov", "VG uuid");
	IS_STR(m->lv_uuid, "ndlw9h-Ri2V-BMAa-As1N-xnXc-LmzW-FYQIXe", "LV uuid");
	IS_STR(m->lock_type, "dlm", "lock type");
	IS_STR(m->vg_lock_args, "1.0.0:rig", "lock args of the VG");
	IS_STR(m->lv_lock_args, "dlm", "lock args of the LV");
	IS_U64(m->seqno, 8, "seqno");
	IS_STR(m->dm_name, "v--g-m", "dm name as dmsetup showed it");
	IS_STR(m->dm_uuid, "LVM-8uPrffqdQzQTUm14hrfAUGWxdkE5oCovndlw9hRi2VBMAaAs1NxnXcLmzWFYQIXe",
	       "dm uuid likewise");
	IS_STR(m->leg[1].dm_name, "v--g-m_mimage_1", "dm name of a leg");
	IS_STR(m->log.dm_uuid,
	       "LVM-8uPrffqdQzQTUm14hrfAUGWxdkE5oCovieRwHfQbM5YJ33DRrGUvjN81Ak9dHbzD",
	       "of the log");
	IS_STR(m->log_uuid, m->log.dm_uuid, "the log is named by the log LV");
	IS_U64(m->len_sect, 32768, "length");
	IS_U64(m->region_size_sect, 4096, "region size");
	IS_U64(mir_region_count(m), 8, "regions");
	IS_U64(m->leg_count, 2, "legs");
	OK(m->is_visible && !m->is_read_only && m->may_autoactivate && !m->is_new, "flags");
	OK(!mir_check_complete(m, &err), "all physical volumes are there");
	IS_U64(m->leg[0].seg_count, 1, "one segment");
	IS_U64(m->leg[0].seg[0].area[0].off_sect, 2048, "where the kernel's table had it");
	IS_STR(m->leg[0].seg[0].area[0].pv_device, "/dev/ubda", "device");
	mir_line_build(m, &devs, 3, MIR_CLIENT_STOCK, line);
	(void)snprintf(want, sizeof(want),
		       "userspace 7 %s integrated_flush clustered-disk 254:0 4096 gen=3 "
		       "legs=%016llx 2 254:1 0 254:2 0 1 handle_errors",
		       m->log.dm_uuid, (unsigned long long)mir_legs_hash(m));
	IS_STR(line, want, "table line");
	mir_line_build(m, &devs, 3, MIR_CLIENT_MODULE, line);
	(void)snprintf(want, sizeof(want),
		       "cmirror-disk 5 %s 254:0 4096 gen=3 legs=%016llx 2 254:1 0 254:2 0 "
		       "1 handle_errors",
		       m->log.dm_uuid, (unsigned long long)mir_legs_hash(m));
	IS_STR(line, want, "table line with the module");
	mir_free(m);
}

static void core_mirror(const char *text)
{
	struct mir_devs devs = { .leg = { { 254, 4 }, { 254, 5 }, { 254, 6 } } };
	char line[MIR_LINE_BYTES], want[MIR_LINE_BYTES];
	struct cm_errmsg err = { .text = "" };
	struct mir *m;

	if (!OK(!mir_from_text(text, "v-g", "c-1", &m, &err), "mirror with a core log is read %s",
		err.text))
		return;
	OK(!m->has_log, "no log LV");
	IS_STR(m->dm_name, "v--g-c--1", "dm name with dashes doubled");
	IS_STR(m->log_uuid, m->dm_uuid, "the log is named by the mirror");
	IS_U64(m->leg_count, 3, "legs");
	IS_U64(m->leg[2].seg[0].area[0].off_sect, 10240, "offset on the third");
	mir_line_build(m, &devs, 1, MIR_CLIENT_STOCK, line);
	(void)snprintf(want, sizeof(want),
		       "userspace 6 %s integrated_flush clustered-core 4096 gen=1 "
		       "legs=%016llx 3 254:4 0 254:5 0 254:6 0 1 handle_errors",
		       m->dm_uuid, (unsigned long long)mir_legs_hash(m));
	IS_STR(line, want, "table line");
	mir_line_build(m, &devs, 1, MIR_CLIENT_MODULE, line);
	(void)snprintf(want, sizeof(want),
		       "cmirror-core 4 %s 4096 gen=1 legs=%016llx 3 254:4 0 254:5 0 254:6 0 "
		       "1 handle_errors",
		       m->dm_uuid, (unsigned long long)mir_legs_hash(m));
	IS_STR(line, want, "table line with the module");
	mir_free(m);
}

static void new_mirror(const char *text)
{
	struct cm_errmsg err = { .text = "" };
	struct mir *m;

	if (!OK(!mir_from_text(text, "v-g", "x", &m, &err), "mirror being made is read %s",
		err.text))
		return;
	OK(m->is_new, "tag cmirror_new");
	OK(!m->may_autoactivate, "autoactivation off");
	IS_U64(m->tag_count, 1, "tags");
	IS_STR(m->tag[0], "cmirror_new", "the tag");
	mir_free(m);
}

static void refused(const char *text, const char *lv, int want, const char *what)
{
	struct cm_errmsg err = { .text = "" };
	struct mir *m = NULL;
	int r = mir_from_text(text, "v-g", lv, &m, &err);

	IS_INT(r, want, "refused: %s (%s)", what, err.text);
	OK(!m && *err.text, "with a line of text, and nothing written");
}

static void refused_with(const char *text, const char *from, const char *to, int want,
			 const char *what)
{
	char *changed = replaced(text, from, to);

	refused(changed, "m", want, what);
	free(changed);
}

static void refusals(const char *text)
{
	refused(text, "nope", -ENOENT, "no such LV");
	refused(text, "lin", -ENOTSUP, "a linear LV");
	refused("", "m", -EBADMSG, "empty text");
	refused("v-g { ", "m", -EBADMSG, "cut text");
	refused_with(text, "region_size = 4096", "region_size = 4095", -EBADMSG, "region size");
	refused_with(text, "mirror_count = 2", "mirror_count = 3", -EBADMSG, "number of legs");
	refused_with(text, "\"m_mimage_1\", 0", "\"m_mimage_1\", 1", -ENOTSUP,
		     "a leg that begins later");
	refused_with(text, "\"m_mimage_1\", 0", "\"gone\", 0", -EBADMSG, "a leg that is not there");
	refused_with(text, "mirror_log = \"m_mlog\"", "mirror_log = \"c-1\"", -ENOTSUP,
		     "a mirrored log");
	refused_with(text, "extent_size = 8192", "extent_size = 0", -EBADMSG, "extent size");
	refused_with(text, "ndlw9h-Ri2V", "ndlw9hRi2V-", -EBADMSG, "malformed uuid");
	refused_with(text, "\"pv0\", 0", "\"pv0\", 63", -EBADMSG, "extent behind the end");
	refused_with(text, "\"pv0\", 0", "\"pv7\", 0", -EBADMSG, "unknown physical volume");
	refused_with(text, "type = \"striped\"\n\t\t\t\tstripe_count = 1\t# linear",
		     "type = \"snapshot\"\n origin = \"m\"\nstripe_count = 1", -ENOTSUP,
		     "a snapshot of it");
}

static void missing_pv(const char *text)
{
	char *changed = replaced(text, "device = \"/dev/ubdb\"", "device = \"[unknown]\"");
	struct cm_errmsg err = { .text = "" };
	struct mir *m;

	if (OK(!mir_from_text(changed, "v-g", "m", &m, &err), "text with a missing PV is read")) {
		IS_INT(mir_check_complete(m, &err), -ENODEV, "but not complete");
		IS_STR(err.text,
		       "physical volume Ny4ljR-KjaB-5ftb-pH5w-kzuZ-MVwp-shvA9H of "
		       "v-g/m_mimage_1 is missing",
		       "and names what is missing");
		mir_free(m);
	}
	free(changed);
}

static void striped_leg(const char *text)
{
	char *changed = replaced(
		text, "stripe_count = 1\t# linear\n\n\t\t\t\tstripes = [\n\t\t\t\t\t\"pv1\", 0\n",
		"stripe_count = 2\nstripe_size = 128\nstripes = [ \"pv1\", 0, \"pv2\", 9 ");
	const struct mir_dev dev[2] = { { 98, 16 }, { 98, 32 } };
	struct cm_errmsg err = { .text = "" };
	char line[256], little[8];
	struct mir *m;

	if (OK(!mir_from_text(changed, "v-g", "m", &m, &err), "striped leg is read %s", err.text)) {
		const struct mir_seg *seg = &m->leg[1].seg[0];

		IS_STR(mir_seg_target(seg), "striped", "its target");
		OK(!mir_seg_line_build(seg, dev, line, sizeof(line)), "its line");
		IS_STR(line, "2 128 98:16 2048 98:32 75776", "its line");
		IS_INT(mir_seg_line_build(seg, dev, little, sizeof(little)), -ENOSPC, "no room");
		mir_free(m);
	}
	free(changed);
}

/* Whatever the bytes: an error, or a mirror that is whole. The sanitizers look on. */
static void damage(const char *text)
{
	size_t len = strlen(text);
	unsigned int bad = 0, done = 0;
	char *copy = strdup(text);
	struct cm_errmsg err;
	struct mir *m;

	for (size_t i = 0; i < len; i += 1) {
		static const char other[] = { '\0', '"', '}', '9', '-' };
		char c = copy[i];

		copy[i] = other[i % sizeof(other)];
		if (!mir_from_text(copy, "v-g", "m", &m, &err)) {
			bad += !m->leg_count || !m->region_size_sect || !m->dm_uuid;
			mir_free(m);
		}
		copy[i] = c;
		done++;
	}
	IS_U64(bad, 0, "%u damaged texts: an error or a whole mirror", done);
	free(copy);
}

int main(void)
{
	char *three = text_load("vg-three-mirrors.txt"), *new = text_load("vg-new-mirror.txt");

	dmdev_log_to(NULL);
	disk_mirror(three);
	core_mirror(three);
	new_mirror(new);
	refusals(three);
	missing_pv(three);
	striped_leg(three);
	damage(three);
	free(three);
	free(new);
	return tap_done();
}
