// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic in the benchmark's guest, between the marks that count.c waits for. It costs the kernel as little as it can besides
 * the way of the packets: datagrams that arrive are dropped by the socket's filter, TCP data is discarded in the kernel and
 * sent from a file.
 *
 *	load udp-down ADDRESS MUX LINKS SIZE COUNT	datagrams that the modem sends by itself, to port 9: to ADDRESS on the link of
 *						MUX, or of so many links together, each to its own address
 *	load udp-up ADDRESS SIZE COUNT			datagrams to ADDRESS port 9
 *	load tcp-down ADDRESS FLOWS BYTES		from port 5001
 *	load tcp-up ADDRESS FLOWS BYTES			to port 5002
 *	load ping ADDRESS COUNT				one at a time, on a link that is idle between them
 *	load latency ADDRESS FLOWS COUNT		round trips beside so many flows that send to port 9 without end; not counted
 *	load link BASE NAME MUX FLAGS			makes a link of kind rmnet
 *
 * SIZE counts the UDP payload, BYTES are of each flow. Each prints how many packets there were: for TCP, segments with data;
 * latency prints the microseconds of each ping that came back, ms=DURATION and sent=COUNT.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DISCARD = 9, TCP_SOURCE = 5001, TCP_SINK = 5002, SEGMENT = 1400, FLOWS = 8, BATCH = 64 };

#if defined(__aarch64__)
#define MARK(n) asm volatile(".inst 0xd2800000 | (0x4d0" #n " << 5) | 31" ::: "memory")
#elif defined(__x86_64__)
#define MARK(n) asm volatile(".byte 0x0f, 0x1f, 0x80, 0x0" #n ", 0x4b, 0x52, 0x4d" ::: "memory")
#endif

static void start(void)
{
	MARK(1);
}

static void nap(long milliseconds)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* What the driver has yet to do for the packets belongs to them. */
static void stop(void)
{
	nap(150);
	MARK(2);
}

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 0);

	if (*end || !*text) {
		fprintf(stderr, "%s is no number\n", text);
		exit(2);
	}
	return value;
}

static struct sockaddr_in address(const char *text, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		die(text);
	return address;
}

static void modem(const char *request)
{
	char answer[256];
	int file = open("/dev/virtio-ports/modem", O_RDWR);
	ssize_t length;

	if (file < 0 || write(file, request, strlen(request)) < 0)
		die("modem");
	length = read(file, answer, sizeof(answer) - 1);
	answer[length < 0 ? 0 : length] = 0;
	if (strncmp(answer, "ok", 2)) {
		fprintf(stderr, "modem: %s", answer);
		exit(1);
	}
	close(file);
}

/* Asks for datagrams: the floor, if that is what runs, or else the modem, which wants to know the link too. */
static void ask(const char *to, long mux, long links, long size, long count)
{
	char request[100];
	int file = open("/sys/module/floor/parameters/blast", O_WRONLY);

	if (file < 0) {
		snprintf(request, sizeof(request), "data blast %ld-%ld %ld %ld 0\n", mux, mux + links - 1, size, count / links);
		modem(request);
		return;
	}
	snprintf(request, sizeof(request), "%s %ld %ld %ld", to, size, count, links);
	if (write(file, request, strlen(request)) < 0)
		die("floor");
	close(file);
}

/* Datagrams that the socket has dropped. */
static uint32_t dropped(int file)
{
	uint32_t info[SK_MEMINFO_VARS] = {};
	socklen_t length = sizeof(info);

	if (getsockopt(file, SOL_SOCKET, SO_MEMINFO, info, &length))
		die("SO_MEMINFO");
	return info[SK_MEMINFO_DROPS];
}

static long udp_down(char **words)
{
	struct sockaddr_in local = address(words[0], DISCARD);
	long mux = number(words[1]), links = number(words[2]), size = number(words[3]), count = number(words[4]);
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = { 1, &nothing };
	int file = socket(AF_INET, SOCK_DGRAM, 0);
	uint32_t last = 0, now;
	int quiet = 0;

	count = count / links * links;
	if (links > 1)
		local.sin_addr.s_addr = INADDR_ANY;
	if (setsockopt(file, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) || bind(file, (void *)&local, sizeof(local)))
		die("udp");
	start();
	ask(words[0], mux, links, size + 28, count); /* the packet's bytes */
	while ((now = dropped(file)) < count && quiet < 100) {
		quiet = now == last ? quiet + 1 : 0;
		last = now;
		nap(30);
	}
	stop();
	if (now != count) {
		fprintf(stderr, "%u of %ld datagrams came\n", now, count);
		exit(1);
	}
	return count;
}

static long udp_up(char **words)
{
	struct sockaddr_in peer = address(words[0], DISCARD);
	long size = number(words[1]), count = number(words[2]), sent = 0;
	int file = socket(AF_INET, SOCK_DGRAM, 0), room = 1 << 20;
	static char payload[65536];
	struct iovec part = { payload, size };
	struct mmsghdr messages[BATCH] = {};

	setsockopt(file, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (connect(file, (void *)&peer, sizeof(peer)))
		die("udp");
	for (int i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1 };
	start();
	while (sent < count) {
		int now = sendmmsg(file, messages, count - sent < BATCH ? count - sent : BATCH, 0);

		if (now > 0)
			sent += now;
		else if (errno == ENOBUFS)
			nap(1);
		else
			die("sendmmsg");
	}
	stop();
	return count;
}

static int tcp(const char *to, int port, uint64_t seed, long bytes)
{
	struct sockaddr_in peer = address(to, port);
	int file = socket(AF_INET, SOCK_STREAM, 0), segment = SEGMENT;
	char request[64];

	setsockopt(file, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
	if (connect(file, (void *)&peer, sizeof(peer)))
		die("tcp");
	snprintf(request, sizeof(request), "%llu %ld\n", (unsigned long long)seed, bytes);
	if (port == TCP_SINK && write(file, request, strlen(request)) < 0)
		die("tcp");
	return file;
}

static long segments(long flows, long bytes)
{
	return flows * ((bytes + SEGMENT - 1) / SEGMENT);
}

static long tcp_down(char **words)
{
	long flows = number(words[1]), bytes = number(words[2]), got[FLOWS] = {}, open = flows;
	struct pollfd files[FLOWS];
	static char nowhere[1 << 20];
	char request[64];

	for (long i = 0; i < flows; i++)
		files[i] = (struct pollfd){ tcp(words[0], TCP_SOURCE, i, bytes), POLLIN, 0 };
	nap(50);
	start();
	for (long i = 0; i < flows; i++) {
		snprintf(request, sizeof(request), "%ld %ld\n", i, bytes);
		if (write(files[i].fd, request, strlen(request)) < 0)
			die("tcp");
	}
	while (open) {
		if (poll(files, flows, 20000) <= 0)
			die("poll");
		for (long i = 0; i < flows; i++) {
			ssize_t now;

			if (!files[i].revents)
				continue;
			now = recv(files[i].fd, nowhere, sizeof(nowhere), MSG_TRUNC | MSG_DONTWAIT);
			if (now > 0)
				got[i] += now;
			if (got[i] == bytes) {
				files[i].fd = -1;
				open--;
			} else if (now == 0) {
				fprintf(stderr, "%ld of %ld bytes came\n", got[i], bytes);
				exit(1);
			}
		}
	}
	stop();
	return segments(flows, bytes);
}

/* The stream that the modem expects: crate `traffic` describes it. */
static void fill(uint64_t seed, uint64_t *words, long count)
{
	for (long i = 0; i < count; i++) {
		uint64_t z = seed + (uint64_t)(i + 1) * 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		words[i] = z ^ z >> 31;
	}
}

static long tcp_up(char **words)
{
	long flows = number(words[1]), bytes = number(words[2]), left = flows;
	int source = memfd_create("stream", 0);
	struct pollfd files[FLOWS];
	off_t sent[FLOWS] = {};
	uint64_t *stream;

	if (ftruncate(source, (bytes + 7) / 8 * 8))
		die("memfd");
	stream = mmap(NULL, (bytes + 7) / 8 * 8, PROT_READ | PROT_WRITE, MAP_SHARED, source, 0);
	if (stream == MAP_FAILED)
		die("memfd");
	fill(0, stream, (bytes + 7) / 8);
	for (long i = 0; i < flows; i++) {
		files[i] = (struct pollfd){ tcp(words[0], TCP_SINK, 0, bytes), POLLOUT, 0 };
		fcntl(files[i].fd, F_SETFL, O_NONBLOCK);
	}
	nap(50);
	start();
	while (left) {
		if (poll(files, flows, 20000) <= 0)
			die("poll");
		for (long i = 0; i < flows; i++) {
			char verdict[32] = {};

			if (!files[i].revents)
				continue;
			if (files[i].events == POLLOUT) {
				if (sendfile(files[i].fd, source, &sent[i], bytes - sent[i]) < 0 && errno != EAGAIN)
					die("sendfile");
				if (sent[i] == bytes)
					files[i].events = POLLIN;
			} else {
				if (read(files[i].fd, verdict, sizeof(verdict) - 1) < 0 || strncmp(verdict, "ok", 2)) {
					fprintf(stderr, "verdict: %s\n", verdict);
					exit(1);
				}
				files[i].fd = -1;
				left--;
			}
		}
	}
	stop();
	return segments(flows, bytes);
}

static int ping_socket(const char *to)
{
	struct sockaddr_in peer = address(to, 0);
	int file = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	struct timeval patience = { 2, 0 };

	setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(file, (void *)&peer, sizeof(peer)))
		die("ping");
	return file;
}

/* Whether the answer came before patience ended. */
static bool echo(int file, uint16_t sequence)
{
	struct icmphdr request = { .type = ICMP_ECHO };
	uint32_t sum = htons(ICMP_ECHO << 8);
	unsigned char answer[1500];

	request.un.echo.id = htons(4242);
	request.un.echo.sequence = htons(sequence);
	sum += request.un.echo.id + request.un.echo.sequence;
	sum = (sum & 0xffff) + (sum >> 16);
	request.checksum = ~(sum + (sum >> 16));
	if (send(file, &request, sizeof(request), 0) < 0)
		return false;
	for (;;) {
		ssize_t length = recv(file, answer, sizeof(answer), 0);

		if (length < 0)
			return false;
		/* Behind an IP header without options; a late answer to an earlier one is none. */
		if (length >= 28 && answer[20] == ICMP_ECHOREPLY && !memcmp(answer + 26, &request.un.echo.sequence, 2))
			return true;
	}
}

static long ping(char **words)
{
	long count = number(words[1]);
	int file = ping_socket(words[0]);

	start();
	for (long i = 0; i < count; i++) {
		if (!echo(file, i))
			die("ping");
		nap(5);
	}
	stop();
	return 2 * count;
}

static long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Sends on all flows for ever, in a process of its own; with it goes all that is not sent yet. */
static pid_t flood(const char *to, long flows)
{
	struct sockaddr_in peer = address(to, DISCARD);
	struct linger at_once = { 1, 0 };
	static char payload[65536];
	struct pollfd files[FLOWS];
	pid_t child = fork();

	if (child)
		return child;
	for (long i = 0; i < flows; i++) {
		files[i] = (struct pollfd){ socket(AF_INET, SOCK_STREAM, 0), POLLOUT, 0 };
		if (connect(files[i].fd, (void *)&peer, sizeof(peer)))
			die("flood");
		setsockopt(files[i].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		fcntl(files[i].fd, F_SETFL, O_NONBLOCK);
	}
	while (poll(files, flows, -1) > 0) {
		for (long i = 0; i < flows; i++) {
			if (files[i].revents && send(files[i].fd, payload, sizeof(payload), MSG_NOSIGNAL) < 0 && errno != EAGAIN)
				die("flood");
		}
	}
	die("flood");
}

static long latency(char **words)
{
	long flows = number(words[1]), count = number(words[2]), begin;
	int file = ping_socket(words[0]);
	pid_t child = -1;

	if (flows < 0 || flows > FLOWS) {
		fprintf(stderr, "at most %d flows\n", FLOWS);
		exit(2);
	}
	if (flows) {
		child = flood(words[0], flows);
		nap(3000); /* until TCP has found out how much it may send */
	}
	modem("data stats reset\n");
	begin = microseconds();
	for (long i = 0; i < count; i++) {
		long sent = microseconds();

		if (echo(file, i))
			printf("%ld ", microseconds() - sent);
		nap(20);
	}
	printf("ms=%ld sent=", (microseconds() - begin) / 1000);
	if (child > 0)
		kill(child, SIGKILL);
	return count;
}

struct link_message {
	struct nlmsghdr header;
	struct ifinfomsg info;
	char attributes[256];
};

static struct rtattr *add(struct link_message *message, int type, const void *data, size_t length)
{
	struct rtattr *attribute = (void *)((char *)message + NLMSG_ALIGN(message->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), data, length);
	message->header.nlmsg_len = NLMSG_ALIGN(message->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
	return attribute;
}

/* Closes an attribute around all that followed it. */
static void nest(struct link_message *message, struct rtattr *attribute)
{
	attribute->rta_len = (char *)message + message->header.nlmsg_len - (char *)attribute;
}

/* iproute2 knows the mux id only. */
static long make_link(char **words)
{
	struct link_message message = { .header = { NLMSG_LENGTH(sizeof(struct ifinfomsg)), RTM_NEWLINK,
						    NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0, 0 } };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char more[1024];
	} answer;
	struct ifla_rmnet_flags flags = { number(words[3]), 0x3f };
	uint32_t base = if_nametoindex(words[0]);
	uint16_t mux = number(words[2]);
	int file = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct rtattr *outer, *inner;

	if (!base)
		die(words[0]);
	add(&message, IFLA_LINK, &base, sizeof(base));
	add(&message, IFLA_IFNAME, words[1], strlen(words[1]) + 1);
	outer = add(&message, IFLA_LINKINFO, "", 0);
	add(&message, IFLA_INFO_KIND, "rmnet", 5);
	inner = add(&message, IFLA_INFO_DATA, "", 0);
	add(&message, IFLA_RMNET_MUX_ID, &mux, sizeof(mux));
	add(&message, IFLA_RMNET_FLAGS, &flags, sizeof(flags));
	nest(&message, inner);
	nest(&message, outer);
	if (send(file, &message, message.header.nlmsg_len, 0) < 0 || recv(file, &answer, sizeof(answer), 0) < 0)
		die("netlink");
	if (answer.error.error) {
		errno = -answer.error.error;
		die("link");
	}
	return 1;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		long (*run)(char **words);
	} actions[] = {
		{ "udp-down", 5, udp_down }, { "udp-up", 3, udp_up }, { "tcp-down", 3, tcp_down },
		{ "tcp-up", 3, tcp_up },     { "ping", 2, ping },     { "link", 4, make_link },
		{ "latency", 3, latency },
	};

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (argc > 1 && !strcmp(argv[1], actions[i].name) && argc == 2 + actions[i].words) {
			printf("%ld\n", actions[i].run(argv + 2));
			return 0;
		}
	}
	fprintf(stderr, "load: the file's head says how it is called\n");
	return 2;
}
