// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Makes one CPU drop packets as fast as it can: UDP datagrams to a socket of our own on the loopback whose filter rejects
 * them all. They are sent as large segmented ones (UDP_SEGMENT, udp(7)) that the kernel takes apart only in front of the
 * socket, so that most of the time goes into drops and not into system calls; each segment is dropped on its own.
 *
 *     flood CPU SECONDS [PAUSE]      1 to 86400 seconds, or until killed; PAUSE microseconds after each 2,048 packets
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

/* 18 bytes make a packet of 60 bytes with its Ethernet, IPv4 and UDP headers. */
enum { SEGMENT_BYTES = 18, SEGMENTS = 64, BATCH = 32 };

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "Cannot run on CPU %d", cpu);
}

/* A bound UDP socket that rejects every packet. */
static int open_receiver(struct sockaddr_in *address)
{
	struct sock_filter reject = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &reject };
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		err(1, "Cannot open the receiver");
	if (bind(fd, (struct sockaddr *)address, length) || getsockname(fd, (struct sockaddr *)address, &length))
		err(1, "Cannot bind the receiver");
	return fd;
}

static int open_sender(const struct sockaddr_in *address)
{
	int segment = SEGMENT_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		err(1, "Cannot open the sender");
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)))
		err(1, "Cannot send segmented datagrams");
	return fd;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char payload[SEGMENT_BYTES * SEGMENTS] = { 0 };
	struct iovec content = { payload, sizeof(payload) };
	struct mmsghdr batch[BATCH] = { 0 };
	double end;
	int sender, i;

	if (argc < 3 || argc > 4)
		errx(1, "usage: flood CPU SECONDS [PAUSE]");
	pin(atoi(argv[1]));
	open_receiver(&address);
	sender = open_sender(&address);
	for (i = 0; i < BATCH; i++)
		batch[i].msg_hdr = (struct msghdr){ .msg_iov = &content, .msg_iovlen = 1 };
	for (end = now() + atof(argv[2]); now() < end;) {
		if (sendmmsg(sender, batch, BATCH, 0) < 0)
			err(1, "Cannot send");
		if (argc == 4)
			usleep(atoi(argv[3]));
	}
	return 0;
}
