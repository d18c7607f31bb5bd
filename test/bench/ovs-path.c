// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Sends UDP datagrams from one network namespace to another, each after the one before has arrived, and prints the CPU time that
 * this took here: what the kernel does for a packet on its way is done by the sender, in the receive softirq.
 *
 *     ovs-path FROM TO ADDRESS COUNT same|new      namespaces by path
 *
 * `new` gives each datagram a source port of its own. Output: nanoseconds of CPU time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 7000, FIRST_SOURCE = 10000, PAYLOAD = 18, ARRIVAL_SECONDS = 10 };

struct datagram {
	struct udphdr header;
	char payload[PAYLOAD];
};

static int open_socket(const char *namespace, int type, int protocol)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int other = open(namespace, O_RDONLY | O_CLOEXEC);
	int fd;

	if (own < 0 || other < 0 || setns(other, CLONE_NEWNET))
		err(1, "Cannot enter %s", namespace);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		err(1, "Cannot open a socket");
	if (setns(own, CLONE_NEWNET))
		err(1, "Cannot return from %s", namespace);
	close(own);
	close(other);
	return fd;
}

static int open_receiver(const char *namespace)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct timeval limit = { .tv_sec = ARRIVAL_SECONDS };
	int fd = open_socket(namespace, SOCK_DGRAM, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "Cannot bind");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		err(1, "Cannot set a limit");
	return fd;
}

static long long read_cpu_clock(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time))
		err(1, "Cannot read a clock");
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void send_all(int sender, int receiver, const struct sockaddr_in *to, int count, int new)
{
	struct datagram datagram = { .header = { .dest = htons(PORT), .len = htons(sizeof(datagram)) } };
	char received[sizeof(datagram)];

	for (int i = 0; i < count; i++) {
		datagram.header.source = htons(FIRST_SOURCE + (new ? i : 0));
		if (sendto(sender, &datagram, sizeof(datagram), 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
			err(1, "Cannot send datagram %d", i);
		if (recv(receiver, received, sizeof(received), 0) != PAYLOAD)
			err(1, "Datagram %d did not arrive", i);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int sender, receiver, count, new;
	long long before;

	if (argc != 6 || inet_pton(AF_INET, argv[3], &to.sin_addr) != 1)
		errx(2, "usage: ovs-path FROM TO ADDRESS COUNT same|new");
	count = atoi(argv[4]);
	new = !strcmp(argv[5], "new");
	if (count < 1 || (new && count > 50000))
		errx(2, "Cannot send %s datagrams", argv[4]);
	sender = open_socket(argv[1], SOCK_RAW, IPPROTO_UDP);
	receiver = open_receiver(argv[2]);
	before = read_cpu_clock();
	send_all(sender, receiver, &to, count, new);
	printf("%lld\n", read_cpu_clock() - before);
	return 0;
}
