/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verify - write to a mirror so that every lie shows, and compare its legs.
 *
 *	verify write --dev DEV --area LO:HI[:STEP] [--seconds N] [--seed S] [--rate PER_S]
 *	             [--from FILE]
 *	verify check --dev DEV --area LO:HI[:STEP] [--seed S] --from FILE
 *	verify compare DEV DEV...
 *
 * An area is the 4 KiB blocks LO, LO + STEP (1), ... below HI that only this writer writes; several
 * nodes write at once in areas of their own. Each write gives one block its next version: block
 * number, seed, version, and a pattern made of the three, all under a checksum. What was
 * acknowledged is printed as "a BLOCK VERSION" lines; whoever keeps them knows what must be there
 * after the node's death. A lost line only weakens the check: the block must hold its last known
 * version or a later one. One write in eight is read back at once.
 *
 * --from reads such lines: `write` goes on from those versions, `check` demands them.
 * Everything is O_DIRECT. Exit status: 0; 1 a wrong content or an I/O error, told on stderr; 2
 * usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_BYTES 4096u
#define COMPARE_BYTES (1u << 20)
#define MAGIC 0x56657269u
#define FLUSH_MS 50

struct block {
	uint32_t magic;
	uint32_t version;
	uint64_t seed;
	uint64_t block_nr;
	uint64_t sum;
	uint64_t pattern[(BLOCK_BYTES - 32) / 8];
};
_Static_assert(sizeof(struct block) == BLOCK_BYTES, "one block");

struct job {
	const char *dev;
	const char *from;
	uint64_t lo, hi, step;
	uint64_t count;		/* of blocks */
	uint64_t seed;
	unsigned int seconds;
	unsigned int rate;
	int fd;
	uint32_t *version;	/* last acknowledged, per block of the area; 0 = never */
	struct block *buf;
};

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t block_sum(const struct block *b)
{
	uint64_t sum = mix(b->seed ^ mix(b->block_nr) ^ b->version);

	for (size_t i = 0; i < sizeof(b->pattern) / 8; i++)
		sum = mix(sum ^ b->pattern[i]);
	return sum;
}

static void block_fill(struct block *b, uint64_t seed, uint64_t block_nr, uint32_t version)
{
	uint64_t x = mix(seed * 31 + block_nr) ^ version;

	b->magic = MAGIC;
	b->version = version;
	b->seed = seed;
	b->block_nr = block_nr;
	for (size_t i = 0; i < sizeof(b->pattern) / 8; i++)
		b->pattern[i] = x = mix(x);
	b->sum = block_sum(b);
}

/* Is this our block in version @at_least or later? Says what is wrong, if anything. */
static bool block_is_good(const struct job *job, uint64_t block_nr, uint32_t at_least)
{
	const struct block *b = job->buf;

	if (b->magic == MAGIC && b->seed == job->seed && b->block_nr == block_nr &&
	    b->version >= at_least && b->sum == block_sum(b))
		return true;
	fprintf(stderr,
		"verify: %s block %llu: wanted version %u or later of seed %llu; found magic %08x "
		"block %llu version %u seed %llu checksum %s\n",
		job->dev, (unsigned long long)block_nr, at_least, (unsigned long long)job->seed,
		b->magic, (unsigned long long)b->block_nr, b->version,
		(unsigned long long)b->seed, b->sum == block_sum(b) ? "good" : "bad");
	return false;
}

static bool block_read_check(const struct job *job, uint64_t block_nr, uint32_t at_least)
{
	ssize_t got = pread(job->fd, job->buf, BLOCK_BYTES, (off_t)(block_nr * BLOCK_BYTES));

	if (got == BLOCK_BYTES)
		return block_is_good(job, block_nr, at_least);
	fprintf(stderr, "verify: %s block %llu: read: %s\n", job->dev, (unsigned long long)block_nr,
		got < 0 ? strerror(errno) : "short");
	return false;
}

static bool block_write(const struct job *job, uint64_t block_nr, uint32_t version)
{
	ssize_t put;

	block_fill(job->buf, job->seed, block_nr, version);
	put = pwrite(job->fd, job->buf, BLOCK_BYTES, (off_t)(block_nr * BLOCK_BYTES));
	if (put == BLOCK_BYTES)
		return true;
	fprintf(stderr, "verify: %s block %llu: write: %s\n", job->dev,
		(unsigned long long)block_nr, put < 0 ? strerror(errno) : "short");
	return false;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void pace(const struct job *job, uint64_t start_ms, uint64_t write_count)
{
	uint64_t due_ms, at_ms = now_ms();

	if (!job->rate)
		return;
	due_ms = start_ms + write_count * 1000 / job->rate;
	if (due_ms > at_ms)
		(void)poll(NULL, 0, (int)(due_ms - at_ms));
}

static int do_write(struct job *job)
{
	uint64_t start_ms = now_ms(), flushed_ms = start_ms, at_ms = start_ms, write_count = 0;
	uint64_t random = mix(job->seed ^ start_ms), worst_ms = 0, before_ms;

	while (at_ms < start_ms + (uint64_t)job->seconds * 1000) {
		uint64_t index, block_nr;

		random = mix(random);
		index = random % job->count;
		block_nr = job->lo + index * job->step;
		before_ms = now_ms();
		if (!block_write(job, block_nr, job->version[index] + 1))
			return 1;
		printf("a %llu %u\n", (unsigned long long)block_nr, ++job->version[index]);
		write_count++;
		if ((random >> 40) % 8 == 0 &&
		    !block_read_check(job, block_nr, job->version[index]))
			return 1;
		at_ms = now_ms();
		if (at_ms - before_ms > worst_ms)
			worst_ms = at_ms - before_ms;
		if (at_ms - flushed_ms >= FLUSH_MS) {
			fflush(stdout);
			flushed_ms = at_ms;
		}
		pace(job, start_ms, write_count);
	}
	printf("# %llu writes, slowest %llu ms\n", (unsigned long long)write_count,
	       (unsigned long long)worst_ms);
	return 0;
}

static int do_check(struct job *job)
{
	uint64_t bad_count = 0, checked_count = 0;

	for (uint64_t i = 0; i < job->count; i++) {
		uint64_t block_nr = job->lo + i * job->step;

		if (!job->version[i])
			continue;
		checked_count++;
		if (!block_read_check(job, block_nr, job->version[i]) && ++bad_count == 10)
			break;
	}
	printf("# %llu blocks checked, %llu wrong\n", (unsigned long long)checked_count,
	       (unsigned long long)bad_count);
	return bad_count || !checked_count;
}

/* Lines of a former run; other lines and a cut last line are no acknowledgements. */
static int versions_load(struct job *job)
{
	unsigned long long block_nr;
	char line[256];
	unsigned int version;
	FILE *in = fopen(job->from, "r");

	if (!in) {
		fprintf(stderr, "verify: %s: %s\n", job->from, strerror(errno));
		return -1;
	}
	while (fgets(line, sizeof(line), in)) {
		if (!strchr(line, '\n') || sscanf(line, "a %llu %u", &block_nr, &version) != 2)
			continue;
		if (block_nr < job->lo || block_nr >= job->hi ||
		    (block_nr - job->lo) % job->step)
			continue;
		block_nr = (block_nr - job->lo) / job->step;
		if (version > job->version[block_nr])
			job->version[block_nr] = version;
	}
	fclose(in);
	return 0;
}

static void *buffer(size_t bytes)
{
	void *mem = NULL;

	if (posix_memalign(&mem, 4096, bytes)) {
		fputs("verify: out of memory\n", stderr);
		_exit(1);
	}
	return mem;
}

static int compare_two(const char *first, const char *second)
{
	char *a = buffer(COMPARE_BYTES), *b = buffer(COMPARE_BYTES);
	int fa = open(first, O_RDONLY | O_DIRECT), fb = open(second, O_RDONLY | O_DIRECT);
	uint64_t off = 0;
	ssize_t na, nb;
	int bad = 1;

	if (fa < 0 || fb < 0) {
		fprintf(stderr, "verify: %s: %s\n", fa < 0 ? first : second, strerror(errno));
		goto out;
	}
	for (;; off += (uint64_t)na) {
		na = pread(fa, a, COMPARE_BYTES, (off_t)off);
		nb = pread(fb, b, COMPARE_BYTES, (off_t)off);
		if (na < 0 || na != nb) {
			fprintf(stderr, "verify: %s, %s: read %zd and %zd bytes at %llu\n", first,
				second, na, nb, (unsigned long long)off);
			break;
		}
		if (!na) {
			printf("# %s and %s are equal, %llu bytes\n", first, second,
			       (unsigned long long)off);
			bad = off == 0;
			break;
		}
		if (memcmp(a, b, (size_t)na) != 0) {
			ssize_t i = 0;

			while (a[i] == b[i])
				i++;
			fprintf(stderr, "verify: %s and %s differ at byte %llu\n", first, second,
				(unsigned long long)off + (unsigned long long)i);
			break;
		}
	}
out:
	if (fa >= 0)
		close(fa);
	if (fb >= 0)
		close(fb);
	free(a);
	free(b);
	return bad;
}

static int usage(void)
{
	fputs("usage: verify write --dev DEV --area LO:HI[:STEP] [--seconds N] [--seed S] "
	      "[--rate PER_S] [--from FILE]\n"
	      "       verify check --dev DEV --area LO:HI[:STEP] [--seed S] --from FILE\n"
	      "       verify compare DEV DEV...\n",
	      stderr);
	return 2;
}

static bool options_read(struct job *job, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dev", 1, NULL, 'd' },  { "area", 1, NULL, 'a' }, { "seconds", 1, NULL, 's' },
		{ "seed", 1, NULL, 'e' }, { "rate", 1, NULL, 'r' }, { "from", 1, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long long lo = 0, hi = 0, step = 1;
	int got;

	while ((got = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (got) {
		case 'd': job->dev = optarg; break;
		case 'a':
			if (sscanf(optarg, "%llu:%llu:%llu", &lo, &hi, &step) < 2 || lo >= hi ||
			    hi - lo > 1u << 26 || !step || step > hi)
				return false;
			break;
		case 's': job->seconds = (unsigned int)strtoul(optarg, NULL, 10); break;
		case 'e': job->seed = strtoull(optarg, NULL, 10); break;
		case 'r': job->rate = (unsigned int)strtoul(optarg, NULL, 10); break;
		case 'f': job->from = optarg; break;
		default: return false;
		}
	}
	job->lo = lo;
	job->hi = hi;
	job->step = step;
	job->count = (hi - lo + step - 1) / step;
	return optind == argc && job->dev && lo < hi;
}

int main(int argc, char **argv)
{
	struct job job = { .seconds = 5, .seed = 1 };
	bool writes;
	int rc = 0;

	if (argc >= 4 && !strcmp(argv[1], "compare")) {
		for (int i = 3; i < argc; i++)
			rc |= compare_two(argv[2], argv[i]);
		return rc;
	}
	if (argc < 2 || !options_read(&job, argc - 1, argv + 1))
		return usage();
	writes = !strcmp(argv[1], "write");
	if (!writes && (strcmp(argv[1], "check") != 0 || !job.from))
		return usage();
	job.version = calloc(job.count, sizeof(*job.version));
	job.buf = buffer(BLOCK_BYTES);
	if (!job.version || (job.from && versions_load(&job)))
		return 1;
	job.fd = open(job.dev, (writes ? O_RDWR : O_RDONLY) | O_DIRECT);
	if (job.fd < 0) {
		fprintf(stderr, "verify: %s: %s\n", job.dev, strerror(errno));
		return 1;
	}
	rc = writes ? do_write(&job) : do_check(&job);
	close(job.fd);
	free(job.version);
	free(job.buf);
	return rc;
}
