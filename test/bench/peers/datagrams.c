// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Sends UDP datagrams of 64 bytes to a port of the loopback that nobody has: each is dropped with NO_SOCKET.
 *
 *     datagrams COUNT
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { PORT = 9, PAYLOAD = 64 };

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char payload[PAYLOAD] = { 0 };
	long count = argc == 2 ? atol(argv[1]) : 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (count < 1 || fd < 0)
		errx(2, "usage: datagrams COUNT");
	for (long i = 0; i < count; i++)
		if (sendto(fd, payload, sizeof(payload), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			err(1, "Cannot send datagram %ld", i);
	return 0;
}
