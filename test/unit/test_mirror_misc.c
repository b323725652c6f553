/* SPDX-License-Identifier: GPL-2.0-only */
/* Labels of physical volumes, activation lists, a fresh log, cmirrord's status read back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/err.h"
#include "daemons/clvmd/cmq.h"
#include "lib/format/disk.h"
#include "lib/mirror/autoact.h"
#include "lib/mirror/dmdev.h"
#include "lib/mirror/log_init.h"
#include "lib/mirror/pvdev.h"
#include "test/lib/tap.h"

static void labels(void)
{
	uint8_t head[PVDEV_LABEL_BYTES] = { 0 };
	char uuid[MIR_UUID_BYTES];

	IS_INT(pvdev_label_uuid(head, uuid), -EBADMSG, "no label");
	memcpy(head + 512, "LABELONE", 8);
	head[512 + 20] = 32;
	memcpy(head + 512 + 24, "LVM2 001", 8);
	memcpy(head + 512 + 32, "6Y0eU8XFOstHX2SBaCMiXGEZys3dCb8Q", 32);
	OK(!pvdev_label_uuid(head, uuid), "a label in the second sector");
	IS_STR(uuid, "6Y0eU8-XFOs-tHX2-SBaC-MiXG-EZys-3dCb8Q", "its uuid");
	memcpy(head + 512 + 544, head + 512 + 32, 32);
	head[512 + 21] = 2;
	IS_INT(pvdev_label_uuid(head, uuid), -EBADMSG, "uuid outside the sector");
	head[512 + 21] = 0;
	head[512 + 40] = 0;
	IS_INT(pvdev_label_uuid(head, uuid), -EBADMSG, "uuid with a NUL");
}

static bool allows(const char *text, const char *key, const struct mir *m, struct cm_errmsg *err)
{
	struct autoact_lists lists = { .text = strdup(text) };
	bool is_allowed = autoact_allows(&lists, key, m, err);

	autoact_free(&lists);
	return is_allowed;
}

static void lists(void)
{
	const char *tags[] = { "fast", "cluster" };
	struct mir m = { .vg_name = "vg", .lv_name = "m", .tag_count = 2, .tag = tags };
	struct cm_errmsg err;

	OK(allows("", "volume_list", &m, &err), "no list allows all");
	OK(!allows("volume_list=[]", "volume_list", &m, &err), "an empty one nothing");
	OK(allows("volume_list=[\"a\",\"vg\"]", "volume_list", &m, &err), "the VG");
	OK(allows("volume_list=\"vg/m\"", "volume_list", &m, &err), "the LV, as one word");
	OK(!allows("volume_list=[\"vg/mm\",\"v\",\"vgx\"]", "volume_list", &m, &err), "others");
	IS_STR(err.text, "activation/volume_list in lvm.conf does not allow vg/m here",
	       "the line says which setting");
	OK(allows("volume_list=[\"@cluster\"]", "volume_list", &m, &err), "a tag");
	OK(!allows("volume_list=[\"@slow\",\"@*\"]", "volume_list", &m, &err), "another tag");
	OK(allows("volume_list=[]\nauto_activation_volume_list=\"vg\"",
		  "auto_activation_volume_list", &m, &err), "two settings");
}

/* "@*", and what a host with tags does without a list. */
static void lists_of_host(void)
{
	const char *tags[] = { "fast" };
	struct mir m = { .vg_name = "vg", .lv_name = "m", .tag_count = 1, .tag = tags };
	struct autoact_lists with = { .text = (char *)"volume_list=[\"@*\"]",
				      .host = { .count = 2, .tag = { "n1", "fast" } } };
	struct autoact_lists none = { .text = (char *)"", .host = with.host };
	struct cm_errmsg err;

	OK(autoact_allows(&with, "volume_list", &m, &err), "@*: a tag of the host");
	OK(autoact_allows(&none, "volume_list", &m, &err), "no list: a tag of the host");
	m.tag_count = 0;
	OK(!autoact_allows(&with, "volume_list", &m, &err), "@*: no tag");
	OK(!autoact_allows(&none, "volume_list", &m, &err), "no list, no tag of the host");
	OK(strstr(err.text, "none of this host's tags") != NULL, "and says why");
	OK(autoact_allows(&none, "auto_activation_volume_list", &m, &err),
	   "the other list does not look at tags when it is absent");
	none.host.count = 0;
	OK(autoact_allows(&none, "volume_list", &m, &err), "no list, a host without tags");
}

static void conf_write(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	CM_ASSERT(file && fputs(text, file) >= 0 && !fclose(file));
}

static void conf_remove(const char *dir)
{
	static const char *const name[] = { "lvm.conf", "lvmlocal.conf", "lvm_always.conf" };
	char path[128];

	for (size_t i = 0; i < CM_ARRAY_COUNT(name); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static void host_tags(void)
{
	char dir[] = "/tmp/cm-conf-XXXXXX";
	struct cm_errmsg err = { .text = "" };
	struct hosttags t;

	CM_ASSERT(mkdtemp(dir));
	OK(!hosttags_read(dir, "n1", &t, &err) && !t.count, "no files: no tags");
	conf_write(dir, "lvm.conf",
		   "tags { hosttags = 1\n @mine { host_list = [\"n0\", \"n1\"] }\n"
		   " others { host_list = \"n2\" }\n nobody { host_list = [] }\n always { } }\n");
	conf_write(dir, "lvmlocal.conf", "local { host_id = 1 }\n tags/here { }\n");
	conf_write(dir, "lvm_always.conf", "tags { more { } always { } }\n");
	OK(!hosttags_read(dir, "n1", &t, &err), "read %s", err.text);
	IS_U64(t.count, 5, "tags, each once");
	OK(hosttags_has(&t, "n1") && hosttags_has(&t, "mine") && hosttags_has(&t, "always"),
	   "the host's name, one with this host in its list, one without a list");
	OK(hosttags_has(&t, "here") && hosttags_has(&t, "more"), "of the other files");
	OK(!hosttags_has(&t, "others") && !hosttags_has(&t, "nobody"), "lists without this host");
	conf_write(dir, "lvm_always.conf", "tags { ");
	IS_INT(hosttags_read(dir, "n1", &t, &err), -EBADMSG, "half a file: %s", err.text);
	conf_remove(dir);
}

#define LOG_BYTES	(4u << 20)
#define REGIONS		1000u

/* Old bits everywhere, then a fresh log: what does a reader believe? */
static void fresh_log(bool is_in_sync)
{
	char path[] = "/tmp/cm-log-XXXXXX";
	uint8_t *dev = malloc(LOG_BYTES);
	int fd = mkstemp(path);
	struct disk_classic classic;
	struct cm_errmsg err = { .text = "" };
	struct disk_sb sb;
	struct bits oos;

	CM_ASSERT(dev && fd >= 0 && !bits_alloc(&oos, REGIONS));
	(void)unlink(path);
	memset(dev, 0xff, LOG_BYTES);
	CM_ASSERT(pwrite(fd, dev, LOG_BYTES, 0) == LOG_BYTES);
	OK(!log_init_fd(fd, LOG_BYTES, REGIONS, 1024, is_in_sync, &err), "written %s", err.text);
	CM_ASSERT(pread(fd, dev, LOG_BYTES, 0) == LOG_BYTES);
	disk_classic_decode(dev, "uuid", &classic);
	OK(classic.kind == DISK_CLASSIC_VALID, "a valid classic log");
	bits_fill(&oos, true);
	disk_classic_import(dev, 0, classic.region_count, &oos);
	IS_U64(bits_weight(&oos), is_in_sync ? 0 : REGIONS, "regions out of sync");
	IS_INT(disk_sb_decode(dev + LOG_BYTES - 65536, &sb), CM_E_DISK_MAGIC, "no superblock 0");
	IS_INT(disk_sb_decode(dev + LOG_BYTES - 131072, &sb), CM_E_DISK_MAGIC, "no superblock 1");
	IS_U64(dev[LOG_BYTES / 2] | dev[LOG_BYTES - 1], 0, "nothing old is left");
	IS_INT(log_init_fd(fd, 65536, REGIONS, 1024, is_in_sync, &err), CM_E_DISK_SPACE,
	       "too small: %s", err.text);
	bits_free(&oos);
	(void)close(fd);
	free(dev);
}

static unsigned int needing;

static void on_need(void *ctx, const char *uuid)
{
	(void)ctx;
	needing += !strcmp(uuid, "LVM-b");
}

/* @is_us: the line is of our own node. */
static void member_flags(const char *leg_failed, const char *needs_reload, bool is_us)
{
	struct cmq_status s = { .nodeid = 2 };
	struct cmq_reader r = { .status = &s, .uuid = "LVM-b" };

	cmq_reader_line(&r, "member", is_us ? "2" : "1");
	cmq_reader_line(&r, "log", "LVM-b");
	cmq_reader_line(&r, "leg_failed", leg_failed);
	cmq_reader_line(&r, "needs_reload", needs_reload);
	OK(s.has_failed_leg == (is_us && *leg_failed == '1'), "leg_failed %s %s", leg_failed,
	   is_us ? "of ours" : "of another node");
	OK(s.needs_reload == (is_us && *needs_reload == '1'), "needs_reload %s %s", needs_reload,
	   is_us ? "of ours" : "of another node");
}

static void status(void)
{
	static const char *const line[][2] = {
		{ "cmirrord", "1" },
		{ "nodeid", "2" },
		{ "quorate", "1" },
		{ "usable", "1" },
		{ "members", "1,2,7" },
		{ "", "" },
		{ "log", "LVM-a" },
		{ "state", "ACTIVE" },
		{ "", "" },
		{ "member", "2" },
		{ "log", "LVM-a" },
		{ "needs_resume", "0" },
		{ "", "" },
		{ "log", "LVM-b" },
		{ "state", "REFUSED" },
		{ "why", "no room" },
		{ "", "" },
		{ "member", "1" },
		{ "log", "LVM-b" },
		{ "needs_resume", "1" },
		{ "", "" },
		{ "member", "2" },
		{ "log", "LVM-b" },
		{ "needs_resume", "1" },
		{ "leg_failed", "1" },
		{ "", "" },
		{ "future", "1" },
		{ "state", "ACTIVE" },
		{ "log", "LVM-b" },
	};
	struct cmq_status s = { 0 };
	struct cmq_reader r = { .status = &s, .uuid = "LVM-b", .on_needs_resume = on_need };

	for (size_t i = 0; i < CM_ARRAY_COUNT(line); i++)
		cmq_reader_line(&r, line[i][0], line[i][1]);
	OK(s.nodeid == 2 && s.is_quorate && s.is_usable, "the node");
	IS_U64(s.member_count, 3, "nodes with a cmirrord");
	IS_U64(s.member[2], 7, "the last of them");
	OK(s.has_log, "the log");
	IS_STR(s.state, "REFUSED", "its state");
	IS_STR(s.why, "no room", "why");
	IS_U64(s.log_member_count, 2, "its members");
	OK(s.needs_resume && s.has_failed_leg, "what our own member line says");
	OK(!s.needs_reload, "a failed leg is not yet a table to replace");
	IS_U64(needing, 1, "told once, for ourselves");
	member_flags("1", "0", true);
	member_flags("0", "1", true);
	member_flags("0", "1", false);
}

int main(void)
{
	dmdev_log_to(NULL);
	labels();
	lists();
	lists_of_host();
	host_tags();
	fresh_log(false);
	fresh_log(true);
	status();
	return tap_done();
}
