/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rig-initramfs: /init of a node under qemu. Loads the modules that the file /modules names, one
 * per line and in order, mounts what the tag "root" of virtio-9p shares, read-only, as the root,
 * and goes on with the program that rig_init= of the kernel's command line names. Static: there is
 * nothing else in the initramfs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOT "/root"

/* The end of PID 1 would be a panic, of which this line would be hard to tell. */
static void die(const char *what)
{
	fprintf(stderr, "rig-initramfs: %s: %s\n", what, strerror(errno));
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void module_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
		die(path);
	close(fd);
}

static void modules_load(void)
{
	FILE *in = fopen("/modules", "r");
	char path[256];

	if (!in)
		die("/modules");
	while (fgets(path, sizeof(path), in)) {
		path[strcspn(path, "\n")] = '\0';
		module_load(path);
	}
	fclose(in);
}

int main(void)
{
	char *next[] = { getenv("rig_init"), NULL };

	if (!next[0])
		die("no rig_init=");
	modules_load();
	mkdir(ROOT, 0755);
	if (mount("root", ROOT, "9p", MS_RDONLY, "trans=virtio,version=9p2000.L,"
		  "msize=262144,cache=loose"))
		die("the root");
	if (chdir(ROOT) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die(ROOT);
	execv(next[0], next);
	die(next[0]);
}
