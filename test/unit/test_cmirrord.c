/* SPDX-License-Identifier: GPL-2.0-only */
/* test_cmirrord.c - parts of cmirrord: registry, /run files, tables, identity, configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemons/cmirrord/conf.h"
#include "daemons/cmirrord/dmtab.h"
#include "daemons/cmirrord/identity.h"
#include "daemons/cmirrord/persist.h"
#include "daemons/cmirrord/registry.h"
#include "test/lib/tap.h"

static const struct log_type type_disk = {.word = "clustered-disk"};
static const struct log_type type_core = {.word = "clustered-core"};

static char dir[64];

static void test_registry(void)
{
	struct reg_inst *inst = NULL, *other = NULL;
	struct registry *reg;
	struct cm_errmsg err;
	uint32_t i, bad = 0;
	char uuid[32];

	if (!OK(!registry_create(&reg), "create"))
		return;
	registry_type_add(reg, &type_disk);
	registry_type_add(reg, &type_core);
	OK(registry_type_find(reg, "clustered-core", &err) == &type_core, "type by word");
	OK(!registry_type_find(reg, "snap", &err) && strstr(err.text, "clustered-disk"),
	   "an unknown word: %s", err.text);

	IS_INT(registry_add(reg, "a", 7, &type_disk, NULL, &inst), 0, "add");
	IS_INT(registry_add(reg, "b", 7, &type_disk, NULL, &other), 0, "same luid, other uuid");
	OK(registry_find(reg, "a", 7) == inst && registry_find(reg, "b", 7) == other, "both found");
	OK(!registry_find(reg, "a", 8) && !registry_find(reg, "c", 7), "nobody else");
	registry_del(reg, inst);
	OK(!registry_find(reg, "a", 7) && registry_find(reg, "b", 7) == other, "one removed");
	IS_INT(registry_add(reg, "c", 7, &type_disk, NULL, &inst), 0, "another in the same chain");
	registry_del(reg, inst);
	OK(registry_find(reg, "b", 7) == other, "the first of a chain removed, the rest stays");
	registry_del(reg, other);

	for (i = 0; i < REGISTRY_INSTS_MAX; i++) {
		snprintf(uuid, sizeof(uuid), "u%u", i);
		bad += registry_add(reg, uuid, 0xffff888000000000u + i * 64, &type_disk, NULL,
				    &inst) != 0;
	}
	IS_U64(bad, 0, "as many as there can be");
	IS_INT(registry_add(reg, "more", 1, &type_disk, NULL, &inst), -ENOSPC, "and no more");
	for (i = 0; i < REGISTRY_INSTS_MAX; i += 2) {
		snprintf(uuid, sizeof(uuid), "u%u", i);
		registry_del(reg, registry_find(reg, uuid, 0xffff888000000000u + i * 64));
	}
	for (i = 0; i < REGISTRY_INSTS_MAX; i++) {
		snprintf(uuid, sizeof(uuid), "u%u", i);
		inst = registry_find(reg, uuid, 0xffff888000000000u + i * 64);
		bad += (inst != NULL) != (i & 1);
	}
	IS_U64(bad, 0, "every second is left");
	IS_U64(registry_count(reg), REGISTRY_INSTS_MAX / 2, "counted");
	registry_destroy(reg);
}

struct found {
	unsigned int count;
	struct persist_head head;
};

static void head_found(void *ctx, const struct persist_head *head)
{
	struct found *found = ctx;

	found->count++;
	found->head = *head;
}

static void test_persist(void)
{
	struct found found = {.count = 0};
	struct persist persist, again;
	struct cm_errmsg err;
	uint32_t i;

	if (!OK(!persist_open(dir, "LVM-x", "64 clustered-core 2", 10000, &persist, &err), "new"))
		return;
	OK(!persist.is_old, "is new");
	IS_INT(persist_luid_add(&persist, 77), 0, "a luid");
	persist_running_set(&persist, 77, true);
	memset(persist.core, 0x5a, 10000);
	persist_close(&persist, true);		/* as if killed */

	persist_scan(dir, head_found, &found);
	IS_U64(found.count, 1, "the next process finds it");
	IS_STR(found.head.uuid, "LVM-x", "whose it is");
	IS_STR(found.head.args, "64 clustered-core 2", "its line");
	IS_U64(found.head.luid[0], 77, "its luid");
	IS_U64(found.head.is_running[0], 1, "that runs");

	OK(!persist_open(dir, "LVM-x", "64 clustered-core 2", 10000, &again, &err), "opens it");
	OK(again.is_old && ((uint8_t *)again.core)[9999] == 0x5a, "with what was in it");
	for (i = 1; i < CML_LUIDS_MAX; i++)
		IS_INT(persist_luid_add(&again, 77 + i), 0, "luid %u", i);
	IS_INT(persist_luid_add(&again, 99), -ENOSPC, "too many luids");
	IS_INT(persist_luid_add(&again, 77), 0, "a known one is fine");
	OK(persist_has_luid(&again, 78) && !persist_has_luid(&again, 99), "who is known");
	persist_close(&again, true);
	for (i = 1; i < CML_LUIDS_MAX; i++)
		persist_forget(dir, "LVM-x", 77 + i);
	persist_forget(dir, "LVM-y", 77);
	found.count = 0;
	persist_scan(dir, head_found, &found);
	IS_U64(found.count, 1, "all but one forgotten, of a log that is not open");
	OK(found.head.luid[0] == 77 && found.head.is_running[0] && !found.head.luid[1], "which");
	persist_forget(dir, "LVM-x", 77);
	found.count = 0;
	persist_scan(dir, head_found, &found);
	IS_U64(found.count, 0, "the last takes the file along");

	OK(!persist_open(dir, "LVM-x", "64 clustered-core 2", 10000, &again, &err), "anew");
	memset(again.core, 0x5a, 10000);
	IS_INT(persist_luid_add(&again, 77), 0, "a luid");
	persist_luid_del(&again, 77);
	persist_close(&again, true);

	OK(!persist_open(dir, "LVM-x", "64 clustered-core 2", 10000, &again, &err), "without luid");
	OK(!again.is_old && ((uint8_t *)again.core)[0] == 0, "starts from zeroes");
	IS_INT(persist_luid_add(&again, 5), 0, "a luid");
	persist_close(&again, true);
	OK(!persist_open(dir, "LVM-x", "x", 20000, &again, &err) && !again.is_old,
	   "another size is another mirror");
	persist_close(&again, false);
	found.count = 0;
	persist_scan(dir, head_found, &found);
	IS_U64(found.count, 0, "a closed log leaves nothing");
	IS_INT(persist_open("/nonexistent", "u", "x", 1, &again, &err), -ENOENT, "no folder");
	OK(strstr(err.text, "/nonexistent"), "named: %s", err.text);
}

static void test_dmtab(void)
{
	static const char *const bad[] = {
		"", "disk 2 253:1 1024 2 253:2 0 253:3 0", "userspace", "userspace 0 2 253:2 0",
		"userspace 3 u a", "userspace 1 u 2 253:2 0 253:3", "userspace x u",
		"userspace 1 u 0",
	};
	struct dmtab tab = {.leg_count = 0};
	char line[1024];
	unsigned int i;

	IS_INT(dmtab_parse("userspace 5 LVM-abc integrated_flush clustered-disk 253:1 1024 "
			   "2 253:2 0 253:3 0 1 handle_errors", &tab), 0, "a table of ours");
	IS_STR(tab.uuid, "LVM-abc", "log uuid");
	IS_U64(tab.leg_count, 2, "legs");
	IS_STR(tab.leg[1], "253:3", "the second");
	IS_INT(dmtab_parse("userspace 4 u clustered-core 1024 nosync  3 8:1 2048 8:2 0 8:3 0",
			   &tab),
	       0, "a core log, two blanks");
	IS_STR(tab.leg[2], "8:3", "the third");
	for (i = 0; i < CM_ARRAY_COUNT(bad); i++)
		IS_INT(dmtab_parse(bad[i], &tab), -EINVAL, "refused: [%s]", bad[i]);
	IS_INT(dmtab_parse("cmirror-disk 5 LVM-m 253:1 1024 gen=1 legs=1 2 253:2 0 253:3 0", &tab),
	       0, "a table of the module");
	IS_STR(tab.uuid, "LVM-m", "its log");
	snprintf(line, sizeof(line), "userspace 1 u 17");
	for (i = 0; i < 17; i++)
		strncat(line, " 8:1 0", sizeof(line) - strlen(line) - 1);
	IS_INT(dmtab_parse(line, &tab), -E2BIG, "too many legs");
	IS_STR(tab.leg[2], "8:3", "nothing is written on error");
}

static void test_identity(void)
{
	struct identity id;
	struct cm_errmsg err;
	uint8_t bytes[16];

	IS_INT(identity_parse("0123456789abcdef0123456789ABCDEF\n", bytes), 0, "machine-id");
	IS_U64(bytes[7], 0xef, "a byte");
	IS_INT(identity_parse("01234567-89ab-cdef-0123-456789abcdef\n", bytes), 0, "boot_id");
	IS_INT(identity_parse("0123456789abcdef0123456789abcde", bytes), -EINVAL, "short");
	IS_INT(identity_parse("0123456789abcdef0123456789abcdef0", bytes), -EINVAL, "long");
	IS_INT(identity_parse("uninitialized", bytes), -EINVAL, "no number");
	IS_INT(identity_read(&id, &err), 0, "this machine's");
}

static int conf_try(const char *text, struct conf *conf, struct cm_errmsg *err)
{
	char path[128];
	FILE *file;
	int r;

	snprintf(path, sizeof(path), "%s/conf", dir);
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
	conf_defaults(conf);
	r = conf_read(path, conf, err);
	unlink(path);
	return r;
}

static void test_conf(void)
{
	static const char *const bad[] = {
		"allow_no_fencin = 1\n", "allow_no_fencing = 2\n", "allow_no_fencing = \"yes\"\n",
		"daemon_return_timeout = -1\n", "self_fence = \"sleep\"\n", "self_fence\n", "=\n",
		"client = \"kmod\"\n", "client = 1\n",
	};
	struct cm_errmsg err;
	struct conf conf;
	unsigned int i;

	conf_defaults(&conf);
	IS_INT(conf_read("/nonexistent", &conf, &err), 0, "no file: defaults");
	OK(!conf.allow_no_fencing && conf.daemon_return_timeout_s == 60 &&
	   conf.daemon_return_timeout_module_s == 300 &&
	   conf.client == CONF_CLIENT_AUTO, "which are these");
	IS_INT(conf_try("client = \"module\"\n", &conf, &err), 0, "client");
	IS_INT((int)conf.client, CONF_CLIENT_MODULE, "the module");
	IS_INT(conf_try("client = \"connector\"\n", &conf, &err), 0, "client");
	IS_INT((int)conf.client, CONF_CLIENT_CONNECTOR, "the stock one");
	IS_INT(conf_try("# a comment\n\n", &conf, &err), 0, "nothing but a comment");
	IS_INT(conf_try("", &conf, &err), 0, "empty");
	IS_INT(conf_try("allow_no_fencing = 1\ndaemon_return_timeout=0\nself_fence=\"log\"\n",
			&conf, &err),
	       0, "three keys");
	OK(conf.allow_no_fencing && !conf.daemon_return_timeout_s &&
	   !conf.daemon_return_timeout_module_s &&
	   conf.self_fence == CONF_FENCE_LOG, "as written");
	for (i = 0; i < CM_ARRAY_COUNT(bad); i++) {
		err.text[0] = 0;
		IS_INT(conf_try(bad[i], &conf, &err), -EINVAL, "refused: %s", bad[i]);
		OK(strstr(err.text, dir), "names the file: %s", err.text);
	}
}

int main(void)
{
	alarm(60);
	snprintf(dir, sizeof(dir), "/tmp/test_cmirrord.%d", (int)getpid());
	if (!OK(!mkdir(dir, 0700), "a folder"))
		return tap_done();
	test_registry();
	test_persist();
	test_dmtab();
	test_identity();
	test_conf();
	rmdir(dir);
	return tap_done();
}
