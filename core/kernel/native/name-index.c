/* SPDX-License-Identifier: MIT */
/*
 * Indexes over the two large tables of the kernel, its types (BTF) and its symbols (kallsyms): more than a hundred thousand
 * entries each, which are gone over once, when JavaScript has not been compiled yet. Memory is the caller's.
 *
 * A name table is a hash table with open addressing: a slot holds the index of an entry plus one, 0 is free. Entries are made in
 * order, so that probing meets equal names with the lowest index first. core/kernel/name-index.ts looks names up.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

struct bytes {
	const u8 *start;
	u64 length;
};

/* hashOfName() of core/kernel/name-index.ts. */
static u32 hash_name(struct bytes from, u64 at)
{
	u32 hash = 0;

	for (; at < from.length && from.start[at]; at++)
		hash = (hash << 5) ^ (hash >> 27) ^ from.start[at];
	hash *= 0x9e3779b1;
	return hash ^ (hash >> 15);
}

static void enter(u32 *slots, u32 mask, u32 hash, u32 index)
{
	u32 slot = hash & mask;

	while (slots[slot])
		slot = (slot + 1) & mask;
	slots[slot] = index + 1;
}

static u32 kind_of(u32 info)
{
	return info >> 24 & 0x7f;
}

/*
 * Finds where each type starts, in words; a type has three of them at least.
 * `fixed` and `elements` have the words of a type by kind, 0 where the kind is not known: those of the type as a whole, and of
 * each of its elements.
 * Returns how many types there are, -1 if the last one is cut off, -2 - kind for one that is not known.
 */
long retis_type_positions(const u32 *words, u64 length, const u8 *fixed, const u8 *elements, u32 *positions)
{
	u64 at = 0;
	long count = 0;

	while (at + 2 < length) {
		u32 info = words[at + 1];
		u32 kind = kind_of(info);

		if (!fixed[kind])
			return -2 - (long)kind;
		positions[count++] = at;
		at += fixed[kind] + elements[kind] * (u64)(info & 0xffffff);
	}
	return at == length ? count : -1;
}

/*
 * Enters the names of all types of the kinds whose byte in `indexed` is set. Names at offsets below the length of `base`, the
 * strings of the BTF that this one continues, are in those.
 */
void retis_index_types(const u32 *words, const u32 *positions, u32 count, const u8 *indexed, const u8 *base,
		       u64 base_length, const u8 *own, u64 own_length, u32 *slots, u32 mask)
{
	const struct bytes before = { base, base_length }, strings = { own, own_length };

	for (u32 index = 0; index < count; index++) {
		u64 name = words[positions[index]];

		if (!name || !indexed[kind_of(words[positions[index] + 1])])
			continue;
		enter(slots, mask,
		      name < base_length ? hash_name(before, name) : hash_name(strings, name - base_length), index);
	}
}

/* include/uapi/linux/btf.h */
enum {
	KIND_PTR = 2,
	KIND_VOLATILE = 9,
	KIND_CONST = 10,
	KIND_RESTRICT = 11,
	KIND_FUNC = 12,
	KIND_FUNC_PROTO = 13,
	KIND_TYPE_TAG = 18
};

/* More pointers and qualifiers in a row are a cycle. */
#define LONGEST_CHAIN 64

struct types {
	const u32 *words;
	const u32 *positions;
	u32 first_id;
	u32 end_id;
};

/* The words of a type; those of the base come first. NULL for void and for an id that does not exist. */
static const u32 *type_at(const struct types *base, const struct types *own, u32 id)
{
	const struct types *in = id < own->first_id ? base : own;

	return id >= in->first_id && id < in->end_id ? in->words + in->positions[id - in->first_id] : 0;
}

/* What pointers, qualifiers and type tags lead to. */
static u32 pointee(const struct types *base, const struct types *own, u32 id)
{
	for (int step = 0; step < LONGEST_CHAIN; step++) {
		const u32 *type = type_at(base, own, id);
		u32 kind = type ? kind_of(type[1]) : 0;

		if (kind != KIND_PTR && kind != KIND_CONST && kind != KIND_VOLATILE && kind != KIND_RESTRICT &&
		    kind != KIND_TYPE_TAG)
			return id;
		id = type[2];
	}
	return 0;
}

static int takes(const struct types *base, const struct types *own, const u32 *prototype, const u32 *wanted, u32 count)
{
	u32 parameters = prototype[1] & 0xffffff;

	for (u32 parameter = 0; parameter < parameters; parameter++) {
		u32 type = pointee(base, own, prototype[4 + 2 * parameter]);

		for (u32 one = 0; one < count; one++)
			if (wanted[one] == type)
				return 1;
	}
	return 0;
}

/*
 * Finds functions with a parameter that is one of the wanted types, or a pointer to one, at any depth. Types are those of BTF that
 * continues another one if `base_words` is not NULL. Returns how many; `found` has their indexes.
 */
u32 retis_functions_taking(const u32 *base_words, const u32 *base_positions, const u32 *words, const u32 *positions,
			   u32 first_id, u32 count, const u32 *wanted, u32 wanted_count, u32 *found)
{
	const struct types base = { base_words, base_positions, 1, base_words ? first_id : 0 };
	const struct types own = { words, positions, first_id, first_id + count };
	u32 functions = 0;

	for (u32 index = 0; index < count; index++) {
		const u32 *type = words + positions[index];
		const u32 *prototype = kind_of(type[1]) == KIND_FUNC ? type_at(&base, &own, type[2]) : 0;

		if (prototype && kind_of(prototype[1]) == KIND_FUNC_PROTO &&
		    takes(&base, &own, prototype, wanted, wanted_count))
			found[functions++] = index;
	}
	return functions;
}

static u64 find(const u8 *bytes, u64 at, u64 length, u8 wanted)
{
	while (at < length && bytes[at] != wanted)
		at++;
	return at;
}

static u8 digit_value(u8 digit)
{
	return digit < 'a' ? digit - '0' : digit - 'a' + 10;
}

/* The low 53 bits of 16 hexadecimal digits: the first three count only by their lowest bit. */
static double address_at(const u8 *digits)
{
	u64 address = digit_value(digits[2]) & 1;

	for (int digit = 3; digit < 16; digit++)
		address = address << 4 | digit_value(digits[digit]);
	return address;
}

/* An address, a space, the type and a space come before the name. */
#define NAME_OFFSET 19

/*
 * Finds address and name in each line of kallsyms, `address type name[\t[module]]`, and ends the name with a zero byte. Names that
 * begin with a dollar are marks that ARM64 compilers leave in modules.
 * Returns how many there are: at most one for each NAME_OFFSET + 1 bytes.
 */
u32 retis_split_symbols(u8 *bytes, u64 length, double *addresses, u32 *names)
{
	u32 count = 0;

	for (u64 at = 0; at + NAME_OFFSET < length;) {
		u64 name = at + NAME_OFFSET, end = name, next;

		while (end < length && bytes[end] != '\n' && bytes[end] != '\t' && bytes[end] != ' ')
			end++;
		if (end > name && bytes[name] != '$') {
			addresses[count] = address_at(bytes + at);
			names[count++] = name;
		}
		next = find(bytes, end, length, '\n');
		if (end < length)
			bytes[end] = 0;
		at = next + 1;
	}
	return count;
}

/* Enters the names of all symbols. */
void retis_index_symbols(const u8 *bytes, u64 length, const u32 *names, u32 count, u32 *slots, u32 mask)
{
	const struct bytes text = { bytes, length };

	for (u32 index = 0; index < count; index++)
		enter(slots, mask, hash_name(text, names[index]), index);
}
