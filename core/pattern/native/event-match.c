/* SPDX-License-Identifier: MIT */
/*
 * Recognises events of the CBOR form (RFC 8949) that consist of known sections, and writes the text of those of which it is known what
 * their text consists of. What is known comes from core/pattern, which learns it; nothing is learned here. Bytes are those of any file:
 * none is read before it is known to be there.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

/* Nodes of crit-bit trees, see core/pattern/literal-tree.ts: a bit that decides, or bytes and what follows them. */
enum { BRANCH, SECTION, HOLE_U32, HOLE_U64, HOLE_BYTES };

struct node {
	u32 kind;
	union {
		struct {
			u32 position, mask;
			u32 zero, one;
		};
		struct {
			/* `next` is a section, or the tree of what follows the hole. */
			u32 literal, length;
			u32 next;
		};
	};
};

/* One section more leads from pattern to pattern. A hash table with open addressing; `next` is 0 for a free slot. */
struct edge {
	u32 pattern, section, next;
};

struct pattern {
	/* Events can end here. */
	u32 is_event;
	/* First word of the program that writes them; 0 if there is none. */
	u32 program;
};

/* What recurs in the text of packets: all but the identification of IPv4, see core/packet/header-cache.ts. */
#define KEY_WORDS 6
#define PACKET_TEXT 220

struct packet_text {
	u32 key[KEY_WORDS];
	/* 0: only seen yet. */
	u16 is_known, before, after, unused;
	u8 text[PACKET_TEXT];
};

#define PACKETS 1024

/* Shared with core/pattern/match-tables.ts. */
struct tables {
	const struct node *nodes;
	/* By number of the tree, its first node; 0 for none. */
	const u32 *trees;
	const u8 *literals;
	const struct pattern *patterns;
	const struct edge *edges;
	u64 edge_mask;
	const u32 *programs;
	const u8 *texts;
	struct packet_text *packets;
};

/* What programs consist of; each is followed by its arguments. */
enum { END, TEXT, DECIMAL, HEXADECIMAL, TRACKING_ID, OTHER_PROCESS, BASE64, PACKET };

/* Most integers in holes of an event. */
#define NUMBERS 64
/* Longest head of an item. */
#define HEAD 9

struct number {
	u32 high, low;
};

struct match {
	u32 pattern, start, end;
	/* The hole with bytes. */
	u32 data_start, data_end;
	u32 numbers;
	struct number number[NUMBERS];
};

/* Words of a match before its integers. */
#define MATCH_WORDS 6

struct input {
	const u8 *bytes;
	u32 end;
};

static inline u32 big_endian_16(const u8 *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

static inline u32 big_endian_32(const u8 *bytes)
{
	u32 word;

	__builtin_memcpy(&word, bytes, sizeof(word));
	return __builtin_bswap32(word);
}

static inline const struct node *find(const struct tables *t, u32 tree, const struct input *in, u32 at)
{
	const struct node *node = &t->nodes[t->trees[tree]];
	u32 left = in->end - at;

	if (node == t->nodes)
		return 0;
	while (node->kind == BRANCH) {
		u32 byte = node->position < left ? in->bytes[at + node->position] : 0;

		node = &t->nodes[byte & node->mask ? node->one : node->zero];
	}
	if (node->length > left || __builtin_memcmp(in->bytes + at, t->literals + node->literal, node->length))
		return 0;
	return node;
}

/* The position after the integer at `at`; 0 for what is none of the kind. */
static inline u32 read_integer(const struct input *in, u32 at, u32 kind, struct number *number)
{
	const u8 *bytes = in->bytes + at;

	number->high = 0;
	if (*bytes < 24) {
		number->low = *bytes;
		return at + 1;
	}
	switch (*bytes) {
	case 24:
		number->low = bytes[1];
		return at + 2;
	case 25:
		number->low = big_endian_16(bytes + 1);
		return at + 3;
	case 26:
		number->low = big_endian_32(bytes + 1);
		return at + 5;
	case 27:
		number->high = big_endian_32(bytes + 1);
		number->low = big_endian_32(bytes + 5);
		return kind == HOLE_U32 && number->high ? 0 : at + 9;
	}
	return 0;
}

/* The same of a byte string of less than 64 KiB. */
static inline u32 read_bytes(const struct input *in, u32 at, struct match *match)
{
	const u8 *bytes = in->bytes + at;
	u32 length, start = at + 1;

	if (*bytes >= 0x40 && *bytes < 0x58) {
		length = *bytes - 0x40;
	} else if (*bytes == 0x58) {
		length = bytes[1];
		start += 1;
	} else if (*bytes == 0x59) {
		length = big_endian_16(bytes + 1);
		start += 2;
	} else {
		return 0;
	}
	if (length > in->end - start)
		return 0;
	match->data_start = start;
	match->data_end = start + length;
	return match->data_end;
}

static inline u32 next_pattern(const struct tables *t, u32 pattern, u32 section)
{
	u64 slot = (pattern * 0x9e3779b1u) ^ (section * 0x85ebca6bu);

	for (slot ^= slot >> 15;; slot++) {
		const struct edge *edge = &t->edges[slot & t->edge_mask];

		if (!edge->next || (edge->pattern == pattern && edge->section == section))
			return edge->next;
	}
}

/* Whether the event at `start` is one of known sections. */
static inline int match_event(const struct tables *t, const struct input *in, u32 start, struct match *match)
{
	/* Patterns are numbered from 1 on; 1 is the one without sections. */
	u32 pattern = 1, at = start + 1, head = in->bytes[start];

	if (head < 0xa0 || head > 0xb7)
		return 0;
	match->numbers = 0;
	match->data_start = match->data_end = 0;
	for (u32 sections = head - 0xa0; sections; sections--) {
		const struct node *node = find(t, 0, in, at);

		while (node && node->kind != SECTION) {
			at += node->length;
			if (in->end - at < HEAD)
				return 0;
			if (node->kind == HOLE_BYTES) {
				at = read_bytes(in, at, match);
			} else {
				if (match->numbers == NUMBERS)
					return 0;
				at = read_integer(in, at, node->kind, &match->number[match->numbers++]);
			}
			if (!at)
				return 0;
			node = find(t, node->next, in, at);
		}
		if (!node)
			return 0;
		at += node->length;
		pattern = next_pattern(t, pattern, node->next);
		if (!pattern)
			return 0;
	}
	match->pattern = pattern;
	match->start = start;
	match->end = at;
	return t->patterns[pattern].is_event;
}

struct output {
	u8 *at;
	u8 *end;
};

/* Results of writing, other than success. */
enum { WRITTEN, NO_ROOM, UNKNOWN, UNKNOWN_AGAIN };

static inline int put(struct output *out, const u8 *text, u32 length)
{
	if ((u64)(out->end - out->at) < length)
		return NO_ROOM;
	__builtin_memcpy(out->at, text, length);
	out->at += length;
	return WRITTEN;
}

static const char two_digits[] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/* Longest text of an integer. */
#define DIGITS 20

static inline int put_decimal(struct output *out, u64 value)
{
	u8 digits[DIGITS];
	u32 at = DIGITS;

	while (value >= 100) {
		at -= 2;
		__builtin_memcpy(digits + at, two_digits + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		at -= 2;
		__builtin_memcpy(digits + at, two_digits + value * 2, 2);
	} else {
		digits[--at] = '0' + value;
	}
	return put(out, digits + at, DIGITS - at);
}

/* Without leading zeros, but with at least so many digits. */
static inline int put_hexadecimal(struct output *out, u64 value, u32 least)
{
	u8 digits[16];
	u32 at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value || sizeof(digits) - at < least);
	return put(out, digits + at, sizeof(digits) - at);
}

static int put_base64(struct output *out, const u8 *bytes, u32 length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	u8 *to = out->at;
	u32 at;

	if ((u64)(out->end - to) < ((u64)length + 2) / 3 * 4)
		return NO_ROOM;
	for (at = 0; at + 2 < length; at += 3) {
		u32 three = bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2];

		*to++ = digits[three >> 18];
		*to++ = digits[three >> 12 & 63];
		*to++ = digits[three >> 6 & 63];
		*to++ = digits[three & 63];
	}
	if (at < length) {
		u32 rest = bytes[at] << 16 | (at + 1 < length ? bytes[at + 1] << 8 : 0);

		*to++ = digits[rest >> 18];
		*to++ = digits[rest >> 12 & 63];
		*to++ = at + 1 < length ? digits[rest >> 6 & 63] : '=';
		*to++ = '=';
	}
	out->at = to;
	return WRITTEN;
}

/* Offsets in a packet, see core/packet/header-cache.ts. */
#define ETHERNET 14
#define IPV4 20
#define UDP 17

/* What decides about the text of a UDP packet; 0 for others. Values that are cached are those of packets that were looked at as a whole. */
static inline int packet_key(const u8 *packet, u32 length, u32 *key)
{
	const u8 *ip = packet + ETHERNET;

	if (length < ETHERNET + IPV4 + 8 || packet[12] != 8 || packet[13] != 0 || ip[0] != 0x45 || ip[9] != UDP)
		return 0;
	key[0] = ip[1] << 16 | big_endian_16(ip + 2);
	key[1] = big_endian_32(ip + 6);
	key[2] = big_endian_32(ip + 12);
	key[3] = big_endian_32(ip + 16);
	key[4] = big_endian_32(ip + IPV4);
	key[5] = big_endian_16(ip + IPV4 + 4);
	return 1;
}

static inline u32 packet_slot(const u32 *key)
{
	u64 hash = 0;

	for (u32 i = 0; i < KEY_WORDS; i++)
		hash = (hash ^ key[i]) * 0x9e3779b97f4a7c15ul;
	return (hash ^ hash >> 32) % PACKETS;
}

static int put_packet(const struct tables *t, struct output *out, const u8 *packet, u32 length)
{
	u32 key[KEY_WORDS];
	struct packet_text *known;

	if (!packet_key(packet, length, key))
		return UNKNOWN;
	known = &t->packets[packet_slot(key)];
	if (__builtin_memcmp(known->key, key, sizeof(key))) {
		__builtin_memcpy(known->key, key, sizeof(key));
		known->is_known = 0;
		return UNKNOWN;
	}
	if (!known->is_known)
		return UNKNOWN_AGAIN;
	return put(out, known->text, known->before) || put_decimal(out, big_endian_16(packet + ETHERNET + 4)) ||
	       put(out, known->text + known->before, known->after);
}

static inline u64 value_of(const struct match *match, u32 index)
{
	return (u64)match->number[index].high << 32 | match->number[index].low;
}

static int write_event(const struct tables *t, const struct input *in, const struct match *match, struct output *out)
{
	const u32 *code = t->programs + t->patterns[match->pattern].program;
	u64 first, second;
	int failed = WRITTEN;

	if (code == t->programs)
		return UNKNOWN;
	while (!failed) {
		switch (*code++) {
		case END:
			return WRITTEN;
		case TEXT:
			failed = put(out, t->texts + code[0], code[1]);
			code += 2;
			break;
		case DECIMAL:
			failed = put_decimal(out, value_of(match, *code++));
			break;
		case HEXADECIMAL:
			failed = put_hexadecimal(out, value_of(match, *code++), 1);
			break;
		case TRACKING_ID:
			first = value_of(match, code[0]);
			second = value_of(match, code[1]);
			code += 2;
			failed = first ? put_hexadecimal(out, first, 1) || put_hexadecimal(out, second, 16)
				       : put_hexadecimal(out, second, 1);
			break;
		case OTHER_PROCESS:
			first = value_of(match, code[0]);
			second = value_of(match, code[1]);
			code += 2;
			if (first != second)
				failed = put_decimal(out, first) || put(out, (const u8 *)"/", 1);
			break;
		case BASE64:
			failed = put_base64(out, in->bytes + match->data_start, match->data_end - match->data_start);
			break;
		case PACKET:
			failed = put_packet(t, out, in->bytes + match->data_start, match->data_end - match->data_start);
			break;
		default:
			return UNKNOWN;
		}
	}
	return failed;
}

/*
 * Recognises events from `start` on that begin before `stop`. Bytes are there up to `end`.
 * Writes matches into `found`, which has room for `words` words, at least one match; returns the number of matches.
 */
u32 retis_match_events(const struct tables *t, const u8 *bytes, u32 start, u32 stop, u32 end, u32 *found, u32 words)
{
	struct input in = { bytes, end };
	u32 count = 0;

	while (start < stop && words >= sizeof(struct match) / sizeof(u32)) {
		struct match *match = (struct match *)found;
		u32 size;

		if (!match_event(t, &in, start, match))
			break;
		size = MATCH_WORDS + match->numbers * 2;
		found += size;
		words -= size;
		start = match->end;
		count++;
	}
	return count;
}

/*
 * Recognises and writes events from `start` on that begin before `stop`.
 * `done` gets: where the first event begins that was not written; how many bytes of text there are; how many events were written;
 * whether that event was recognised; why it was not written. `found` gets its match.
 */
void retis_write_events(const struct tables *t, const u8 *bytes, u32 start, u32 stop, u32 end, struct match *found,
			u8 *text, u32 room, u32 *done)
{
	struct input in = { bytes, end };
	struct output out = { text, text + room };
	u32 count = 0, is_match = 0, status = WRITTEN;

	while (start < stop) {
		u8 *before = out.at;

		is_match = match_event(t, &in, start, found);
		if (!is_match)
			break;
		status = write_event(t, &in, found, &out);
		if (status) {
			out.at = before;
			break;
		}
		is_match = 0;
		start = found->end;
		count++;
	}
	done[0] = start;
	done[1] = out.at - text;
	done[2] = count;
	done[3] = is_match;
	done[4] = status;
}

/*
 * Keeps what the text of a packet has before and after its identification, for others with the same headers.
 * `packet` is one that put_packet() did not know.
 */
void retis_keep_packet(const struct tables *t, const u8 *packet, u32 length, const u8 *text, u32 before, u32 after)
{
	u32 key[KEY_WORDS];
	struct packet_text *known;

	if (!packet_key(packet, length, key) || before > PACKET_TEXT || after > PACKET_TEXT - before)
		return;
	known = &t->packets[packet_slot(key)];
	__builtin_memcpy(known->key, key, sizeof(key));
	known->before = before;
	known->after = after;
	__builtin_memcpy(known->text, text, before + after);
	known->is_known = 1;
}

/* Bytes of what is kept of packets; zeroes at first. */
u32 retis_packets_size(void)
{
	return PACKETS * sizeof(struct packet_text);
}
