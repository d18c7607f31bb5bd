/* SPDX-License-Identifier: MIT */
/*
 * Events in CBOR to lines of JSON, the text that core/file/json.ts makes of the same events: integers exact, bytes as padded base64
 * (RFC 4648 section 4). What events of records do not have, such as floating-point numbers and tags, is left to the caller.
 *
 * Sections recur: a recording has few probes, devices and reasons. The text of the last maps under a key is kept, and copied where the
 * same bytes come again.
 */
typedef unsigned char u8;
typedef unsigned long u64;

/* Arrays and maps inside each other. */
#define DEPTH 32
/* Longest text of an integer, with its sign. */
#define LONGEST_INTEGER 21

/* Results other than success. */
enum { NO_ROOM = -1, UNSUPPORTED = -2 };

/* Major types and simple values, RFC 8949 sections 3.1 and 3.3. */
enum { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { FALSE = 20, TRUE = 21, NOTHING = 22 };

/* A map, and its text. No item begins with the whole of another one, so equal bytes are the same map. */
#define CBOR_KEPT 192
#define TEXT_KEPT 424

struct kept_map {
	unsigned int cbor_length, text_length;
	u8 cbor[CBOR_KEPT];
	u8 text[TEXT_KEPT];
};

/* Maps under keys of one hash. After so many misses in a row only one in RARELY is kept: such maps hold what each event differs in. */
#define KEPT 8
#define MISSES 16
#define RARELY 256

struct kept_maps {
	unsigned int misses, next;
	struct kept_map maps[KEPT];
};

#define KEYS 32

struct memory {
	struct kept_maps keys[KEYS];
};

struct state {
	struct memory *memory;
	const u8 *in;
	const u8 *in_end;
	u8 *out;
	u8 *out_end;
};

/* Bytes that may be read after text, and written after what there is room for, so that eight are copied at once. */
#define SLACK 8

static int put(struct state *s, const char *text, u64 length)
{
	if ((u64)(s->out_end - s->out) < length)
		return NO_ROOM;
	__builtin_memcpy(s->out, text, length);
	s->out += length;
	return 0;
}

static inline int put_byte(struct state *s, u8 byte)
{
	if (s->out >= s->out_end)
		return NO_ROOM;
	*s->out++ = byte;
	return 0;
}

static int put_integer(struct state *s, u64 value, int negative)
{
	u8 digits[LONGEST_INTEGER];
	u64 at = sizeof(digits), length;

	/* -1 - value; the largest value of all has no text of its own here. */
	if (negative && ++value == 0)
		return UNSUPPORTED;
	for (; value >> 32; value /= 10)
		digits[--at] = '0' + value % 10;
	/* Division of fewer bits is faster. */
	for (unsigned int rest = value; rest || at == sizeof(digits); rest /= 10)
		digits[--at] = '0' + rest % 10;
	if (negative)
		digits[--at] = '-';
	length = sizeof(digits) - at;
	if ((u64)(s->out_end - s->out) < length)
		return NO_ROOM;
	for (u8 *out = s->out; at < sizeof(digits);)
		*out++ = digits[at++];
	s->out += length;
	return 0;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int put_base64(struct state *s, const u8 *bytes, u64 length)
{
	u8 *out = s->out;
	u64 at;

	if ((u64)(s->out_end - out) < (length + 2) / 3 * 4 + 2)
		return NO_ROOM;
	*out++ = '"';
	for (at = 0; at + 2 < length; at += 3) {
		unsigned int three = bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2];

		*out++ = base64_digits[three >> 18];
		*out++ = base64_digits[three >> 12 & 63];
		*out++ = base64_digits[three >> 6 & 63];
		*out++ = base64_digits[three & 63];
	}
	if (at < length) {
		unsigned int rest = bytes[at] << 16 | (at + 1 < length ? bytes[at + 1] << 8 : 0);

		*out++ = base64_digits[rest >> 18];
		*out++ = base64_digits[rest >> 12 & 63];
		*out++ = at + 1 < length ? base64_digits[rest >> 6 & 63] : '=';
		*out++ = '=';
	}
	*out++ = '"';
	s->out = out;
	return 0;
}

/* As JSON.stringify() escapes. */
static int put_escaped(struct state *s, u8 byte)
{
	static const char hex[] = "0123456789abcdef";
	char code[6] = { '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] };
	char letter = byte == '"' || byte == '\\' ? byte
		      : byte == '\b'		  ? 'b'
		      : byte == '\t'		  ? 't'
		      : byte == '\n'		  ? 'n'
		      : byte == '\f'		  ? 'f'
		      : byte == '\r'		  ? 'r'
						  : 0;

	if (!letter)
		return put(s, code, 6);
	code[1] = letter;
	return put(s, code, 2);
}

/* Whether one of eight bytes is below 0x20, a quotation mark or a backslash. */
static inline int needs_escape(u64 eight)
{
	const u64 each = 0x0101010101010101ul, high = each << 7;
	u64 quote = eight ^ each * '"', backslash = eight ^ each * '\\';

	return (((eight - each * 0x20) & ~eight) | ((quote - each) & ~quote) | ((backslash - each) & ~backslash)) & high
		       ? 1
		       : 0;
}

static int put_text(struct state *s, const u8 *bytes, u64 length)
{
	const u8 *end = bytes + length;
	u8 *out = s->out;

	if ((u64)(s->out_end - out) < length + 2 + SLACK)
		return NO_ROOM;
	*out++ = '"';
	/* Eight bytes at once as long as there are that many to read. */
	while (bytes < end && s->in_end - bytes >= SLACK) {
		u64 eight, left = end - bytes;

		__builtin_memcpy(&eight, bytes, sizeof(eight));
		/* What is not part of the text needs no escape. */
		if (left < 8)
			eight |= 0x8080808080808080ul << 8 * left;
		if (needs_escape(eight))
			break;
		__builtin_memcpy(out, bytes, sizeof(eight));
		out += left < 8 ? left : 8;
		bytes += left < 8 ? left : 8;
	}
	s->out = out;
	for (; bytes < end; bytes++) {
		int failed = *bytes >= 0x20 && *bytes != '"' && *bytes != '\\' ? put_byte(s, *bytes)
									       : put_escaped(s, *bytes);

		if (failed)
			return failed;
	}
	return put_byte(s, '"');
}

/* Reads the head of an item: its major type, and its argument (RFC 8949 section 3). */
static int read_head(struct state *s, u64 *argument)
{
	int head, bytes;

	if (s->in == s->in_end)
		return UNSUPPORTED;
	head = *s->in++;
	*argument = head & 31;
	if (*argument < 24)
		return head >> 5;
	if (*argument > 27)
		return UNSUPPORTED;
	bytes = 1 << (*argument - 24);
	if (s->in_end - s->in < bytes)
		return UNSUPPORTED;
	for (*argument = 0; bytes > 0; bytes--)
		*argument = *argument << 8 | *s->in++;
	return head >> 5;
}

static int convert_value(struct state *s, int depth);

static inline struct kept_maps *kept_under(struct state *s, const u8 *key, u64 length)
{
	unsigned int hash = length;

	for (u64 at = 0; at < length; at++)
		hash = hash * 31 + key[at];
	return &s->memory->keys[hash % KEYS];
}

/* Writes the text of the map that comes next, if it is kept. */
static int recall(struct state *s, struct kept_maps *kept)
{
	u64 left = s->in_end - s->in, room = s->out_end - s->out;

	for (int index = 0; index < KEPT; index++) {
		const struct kept_map *map = &kept->maps[index];

		if (!map->cbor_length || map->cbor_length > left || map->text_length > room ||
		    __builtin_memcmp(s->in, map->cbor, map->cbor_length))
			continue;
		__builtin_memcpy(s->out, map->text, map->text_length);
		s->in += map->cbor_length;
		s->out += map->text_length;
		kept->misses = 0;
		return 1;
	}
	return 0;
}

static void keep(struct kept_maps *kept, const u8 *cbor, u64 cbor_length, const u8 *text, u64 text_length)
{
	struct kept_map *map = &kept->maps[kept->next % KEPT];

	if (++kept->misses > MISSES && kept->misses % RARELY)
		return;
	if (cbor_length > CBOR_KEPT || text_length > TEXT_KEPT)
		return;
	kept->next++;
	map->cbor_length = cbor_length;
	map->text_length = text_length;
	__builtin_memcpy(map->cbor, cbor, cbor_length);
	__builtin_memcpy(map->text, text, text_length);
}

static int convert_member(struct state *s, const u8 *key, u64 key_length, int depth)
{
	const u8 *in = s->in, *out = s->out;
	struct kept_maps *kept;
	int failed;

	if (in == s->in_end || *in >> 5 != MAP)
		return convert_value(s, depth);
	kept = kept_under(s, key, key_length);
	if (recall(s, kept))
		return 0;
	failed = convert_value(s, depth);
	if (!failed)
		keep(kept, in, s->in - in, out, s->out - out);
	return failed;
}

static int convert_elements(struct state *s, u64 count, int is_map, int depth)
{
	int failed = put_byte(s, is_map ? '{' : '[');

	for (u64 index = 0; index < count && !failed; index++) {
		const u8 *key = s->in;
		u64 key_length;

		if (index)
			failed = put_byte(s, ',');
		if (is_map && !failed) {
			/* Keys are text. */
			if (s->in == s->in_end || *s->in >> 5 != TEXT)
				return UNSUPPORTED;
			failed = convert_value(s, depth);
			key_length = s->in - key;
			if (!failed)
				failed = put_byte(s, ':');
		}
		if (!failed)
			failed = is_map ? convert_member(s, key, key_length, depth) : convert_value(s, depth);
	}
	return failed ? failed : put_byte(s, is_map ? '}' : ']');
}

static int convert_value(struct state *s, int depth)
{
	const u8 *bytes;
	u64 argument;
	int head = s->in == s->in_end ? 0 : *s->in;
	int major = read_head(s, &argument);

	switch (major) {
	case UNSIGNED:
	case NEGATIVE:
		return put_integer(s, argument, major == NEGATIVE);
	case BYTES:
	case TEXT:
		if ((u64)(s->in_end - s->in) < argument)
			return UNSUPPORTED;
		bytes = s->in;
		s->in += argument;
		return major == TEXT ? put_text(s, bytes, argument) : put_base64(s, bytes, argument);
	case ARRAY:
	case MAP:
		return depth == 0 ? UNSUPPORTED : convert_elements(s, argument, major == MAP, depth - 1);
	case SIMPLE:
		switch (head & 31) {
		case FALSE:
			return put(s, "false", 5);
		case TRUE:
			return put(s, "true", 4);
		case NOTHING:
			return put(s, "null", 4);
		}
	}
	return UNSUPPORTED;
}

/* Bytes of the memory that retis_cbor_to_json() needs. */
u64 retis_cbor_to_json_memory(void)
{
	return sizeof(struct memory);
}

/*
 * Converts items as long as there is room for their lines.
 * `done` gets how many bytes were read and written, and how many items they are: only whole ones.
 * `memory` holds what is kept between calls; zeroes at first.
 * Returns 0 if all were converted, NO_ROOM, or UNSUPPORTED for an item that the caller has to convert.
 */
int retis_cbor_to_json(const u8 *in, u64 in_length, u8 *out, u64 out_length, u64 *done, struct memory *memory)
{
	struct state s = { memory, in, in + in_length, out, out + out_length };
	int failed = 0;

	done[0] = done[1] = done[2] = 0;
	while (s.in < s.in_end) {
		failed = convert_value(&s, DEPTH);
		if (!failed)
			failed = put_byte(&s, '\n');
		if (failed)
			break;
		done[0] = s.in - in;
		done[1] = s.out - out;
		done[2]++;
	}
	return failed;
}
