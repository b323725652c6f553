/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store.c - the log device through Linux AIO.
 *
 * Why AIO and not pwritev2() in a thread: for a block device the kernel turns a dsync AIO write
 * into one FUA write; after a synchronous one it flushes the whole device in addition
 * (blkdev_write_iter() calls generic_write_sync(), which an -EIOCBQUEUED write has already left).
 * And all pages of one group commit go out together. O_DSYNC on the file says the same as RWF_DSYNC
 * on each write and needs no kernel of 4.13.
 *
 * Why a thread nevertheless: io_submit() may wait, for a request slot or for ever on a device that
 * queues when it has no path. So the thread only submits; completions come by eventfd straight to
 * the owner, without a second switch between threads:
 *
 *	owner   slot -> submit ring, wake         loop: eventfd readable -> io_getevents(timeout 0)
 *-> done thread  takes the ring -> io_submit() kernel                     I/O ... completion ->
 *eventfd
 *
 * Slots are the owner's from reap to submit. The ring and `failed` are under the lock.
 */
#include "lib/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/store/bdev.h"

#define ALIGN_BYTES		4096u
#define THREAD_STACK_BYTES	(64u << 10)
#define SUBMIT_TRIES		1000	/* of -EAGAIN, 1 ms apart */
#define CLOSE_IDLE_MS		2000
#define CLOSE_BUSY_MS		100

struct slot {
	struct iocb iocb;
	uint64_t id;
	uint32_t len_bytes;
	bool is_write;
	int error;		/* of io_submit(); only in failed[] */
};

struct store {
	int fd;
	int event_fd;
	io_context_t aio;
	uint64_t size_bytes;
	pthread_t thread;

	/* the owner's */
	struct slot slot[STORE_DEPTH];
	struct slot *idle[STORE_DEPTH];
	uint32_t idle_count;
	struct store_done batch[2 * STORE_DEPTH];
	uint32_t batch_count, batch_next;
	bool is_batch_new;
	struct store_stats stats;

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t news;		/* for the thread */
	pthread_cond_t closed;		/* for store_close() */
	struct slot *waiting[STORE_DEPTH];
	uint32_t waiting_count;
	struct slot *failed[STORE_DEPTH];
	uint32_t failed_count;
	bool must_end, is_closed;
	bool has_owner;			/* who comes last frees: owner or thread */
	bool has_thread;
};

static int thread_start(struct store *store);
static void *thread_main(void *arg);
static void thread_end(struct store *store);
static void batch_submit(struct store *store, struct slot **slot, uint32_t count);
static void slot_failed(struct store *store, struct slot *slot, int error);
static int submit(struct store *store, bool is_write, uint64_t id, uint64_t off,
		  uint32_t len_bytes, void *buf);
static void batch_collect(struct store *store);
static void batch_add(struct store *store, struct slot *slot, int64_t result);
static void store_free(struct store *store);

int store_open(const char *dev, struct store **out, struct cm_errmsg *err)
{
	struct store *store;
	uint32_t i;
	int r;

	store = calloc(1, sizeof(*store));
	if (!store) {
		cm_err_set(err, "device %s: no memory", dev);
		return -ENOMEM;
	}
	store->event_fd = -1;
	for (i = 0; i < STORE_DEPTH; i++)
		store->idle[store->idle_count++] = &store->slot[i];
	r = bdev_open(dev, O_RDWR | O_DIRECT | O_DSYNC, &store->fd, err);
	if (r) {
		free(store);
		return r;
	}
	r = bdev_size(store->fd, &store->size_bytes);
	if (r)
		goto out_close;
	store->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (store->event_fd < 0) {
		r = -errno;
		goto out_close;
	}
	r = io_setup((int)STORE_DEPTH, &store->aio);
	if (r)
		goto out_close;
	r = thread_start(store);
	if (r)
		goto out_aio;
	*out = store;
	return 0;

out_aio:
	(void)io_destroy(store->aio);	/* nothing is under way */
out_close:
	close(store->fd);
	if (store->event_fd >= 0)
		close(store->event_fd);
	free(store);
	cm_err_set(err, "device %s: %s", dev, cm_strerror(r));
	return r;
}

static int thread_start(struct store *store)
{
	pthread_attr_t attr;
	int r;

	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->news, NULL);
	pthread_cond_init(&store->closed, NULL);
	store->has_owner = true;
	store->has_thread = true;
	r = pthread_attr_init(&attr);
	if (r)
		return -r;
	r = pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
	if (!r)
		r = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (!r)
		r = pthread_create(&store->thread, &attr, thread_main, store);
	pthread_attr_destroy(&attr);
	return -r;
}

bool store_close(struct store *store)
{
	bool is_idle = store->idle_count == STORE_DEPTH, is_closed, is_last;
	struct timespec at;
	long wait_ms = is_idle ? CLOSE_IDLE_MS : CLOSE_BUSY_MS;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += wait_ms % 1000 * 1000000;
	at.tv_sec += wait_ms / 1000 + at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;

	pthread_mutex_lock(&store->lock);
	store->must_end = true;
	pthread_cond_signal(&store->news);
	while (!store->is_closed)
		if (pthread_cond_timedwait(&store->closed, &store->lock, &at))
			break;
	is_closed = store->is_closed;
	store->has_owner = false;
	is_last = !store->has_thread;
	pthread_mutex_unlock(&store->lock);
	if (is_last)
		store_free(store);
	return is_closed;
}

uint64_t store_size_bytes(const struct store *store)
{
	return store->size_bytes;
}

int store_read(struct store *store, uint64_t id, uint64_t off, uint32_t len_bytes, void *buf)
{
	return submit(store, false, id, off, len_bytes, buf);
}

int store_write(struct store *store, uint64_t id, uint64_t off, uint32_t len_bytes, const void *buf)
{
	return submit(store, true, id, off, len_bytes, (void *)(uintptr_t)buf);
}

int store_fd(const struct store *store)
{
	return store->event_fd;
}

int store_reap(struct store *store, struct store_done *done)
{
	if (store->batch_next == store->batch_count) {
		/* The end of a batch: what has come meanwhile makes the fd readable again. Asking
		 * now would cost two system calls for nothing nearly every time. */
		if (store->is_batch_new) {
			store->is_batch_new = false;
			return 0;
		}
		batch_collect(store);
		if (!store->batch_count)
			return 0;
		store->is_batch_new = true;
	}
	*done = store->batch[store->batch_next++];
	return 1;
}

void store_stats(const struct store *store, struct store_stats *stats)
{
	*stats = store->stats;
}

static int submit(struct store *store, bool is_write, uint64_t id, uint64_t off,
		  uint32_t len_bytes, void *buf)
{
	struct slot *slot;

	CM_ASSERT(off % ALIGN_BYTES == 0 && len_bytes % ALIGN_BYTES == 0 && len_bytes);
	CM_ASSERT((uintptr_t)buf % ALIGN_BYTES == 0);
	if (!store->idle_count)
		return -EBUSY;
	slot = store->idle[--store->idle_count];
	slot->id = id;
	slot->len_bytes = len_bytes;
	slot->is_write = is_write;
	if (is_write)
		io_prep_pwrite(&slot->iocb, store->fd, buf, len_bytes, (long long)off);
	else
		io_prep_pread(&slot->iocb, store->fd, buf, len_bytes, (long long)off);
	io_set_eventfd(&slot->iocb, store->event_fd);
	slot->iocb.data = slot;

	pthread_mutex_lock(&store->lock);
	store->waiting[store->waiting_count++] = slot;
	pthread_cond_signal(&store->news);
	pthread_mutex_unlock(&store->lock);
	return 0;
}

static void batch_collect(struct store *store)
{
	struct io_event event[STORE_DEPTH];
	struct timespec now = {0, 0};
	eventfd_t count;
	int got, i;
	uint32_t n;

	store->batch_count = store->batch_next = 0;
	/* First the counter, then the events: one that comes in between leaves the fd readable. */
	if (eventfd_read(store->event_fd, &count)) {
		/* not readable: nothing, or taken with the batch before */
	}
	got = io_getevents(store->aio, 0, (long)STORE_DEPTH, event, &now);
	for (i = 0; i < got; i++)
		batch_add(store, event[i].data, (int64_t)event[i].res);
	pthread_mutex_lock(&store->lock);
	for (n = 0; n < store->failed_count; n++)
		batch_add(store, store->failed[n], store->failed[n]->error);
	store->failed_count = 0;
	pthread_mutex_unlock(&store->lock);
}

static void batch_add(struct store *store, struct slot *slot, int64_t result)
{
	struct store_done *done = &store->batch[store->batch_count++];

	done->id = slot->id;
	if (result == (int64_t)slot->len_bytes)
		done->result = 0;
	else
		done->result = result < 0 ? (int)result : -EIO;
	if (done->result) {
		store->stats.errors++;
	} else if (slot->is_write) {
		store->stats.writes++;
		store->stats.write_bytes += slot->len_bytes;
	} else {
		store->stats.reads++;
		store->stats.read_bytes += slot->len_bytes;
	}
	store->idle[store->idle_count++] = slot;
}

static void *thread_main(void *arg)
{
	struct store *store = arg;
	struct slot *slot[STORE_DEPTH];
	uint32_t count;

	(void)prctl(PR_SET_NAME, "cm-logdev", 0, 0, 0);	/* a name only */
	pthread_mutex_lock(&store->lock);
	for (;;) {
		while (!store->waiting_count && !store->must_end)
			pthread_cond_wait(&store->news, &store->lock);
		if (store->must_end)
			break;
		count = store->waiting_count;
		memcpy(slot, store->waiting, count * sizeof(slot[0]));
		store->waiting_count = 0;
		pthread_mutex_unlock(&store->lock);
		batch_submit(store, slot, count);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	thread_end(store);
	return NULL;
}

static void batch_submit(struct store *store, struct slot **slot, uint32_t count)
{
	struct iocb *iocb[STORE_DEPTH];
	uint32_t i, done = 0;
	int r, tries = 0;

	for (i = 0; i < count; i++)
		iocb[i] = &slot[i]->iocb;
	while (done < count) {
		r = io_submit(store->aio, (long)(count - done), iocb + done);
		if (r > 0) {
			done += (uint32_t)r;
		} else if (r == -EINTR || ((!r || r == -EAGAIN) && tries++ < SUBMIT_TRIES)) {
			(void)poll(NULL, 0, 1);
		} else {
			slot_failed(store, slot[done], r ? r : -EIO);
			done++;
		}
	}
}

static void slot_failed(struct store *store, struct slot *slot, int error)
{
	pthread_mutex_lock(&store->lock);
	slot->error = error;
	store->failed[store->failed_count++] = slot;
	pthread_mutex_unlock(&store->lock);
	if (eventfd_write(store->event_fd, 1)) {
		/* the counter is at its end: then the owner is being woken already */
	}
}

/*
 * close() before io_destroy(): the latter waits for a grace period, the former is what lets the
 * device be removed. With I/O under way both take as long as that I/O does, maybe for ever; nobody
 * waits for us then.
 */
static void thread_end(struct store *store)
{
	bool is_idle = store->idle_count == STORE_DEPTH, is_last;

	close(store->fd);
	if (!is_idle)
		(void)io_destroy(store->aio);
	pthread_mutex_lock(&store->lock);
	store->is_closed = true;
	pthread_cond_signal(&store->closed);
	pthread_mutex_unlock(&store->lock);
	if (is_idle)
		(void)io_destroy(store->aio);

	pthread_mutex_lock(&store->lock);
	store->has_thread = false;
	is_last = !store->has_owner;
	pthread_mutex_unlock(&store->lock);
	if (is_last)
		store_free(store);
}

static void store_free(struct store *store)
{
	close(store->event_fd);
	pthread_cond_destroy(&store->news);
	pthread_cond_destroy(&store->closed);
	pthread_mutex_destroy(&store->lock);
	free(store);
}
