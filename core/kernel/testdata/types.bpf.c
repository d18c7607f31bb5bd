/* Types for the BTF tests. Nothing here runs: each variable only makes clang emit a type. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
typedef u16 __be16;

enum color { RED, GREEN = 5, BLUE = 4000000000u };
enum temperature { COLD = -40, WARM = 20 };
enum huge : unsigned long long { SMALL = 1, EXACT = 0x20000000000001ull, TOP = 0xffffffffffffffffull };
enum deep : long long { BOTTOM = -9223372036854775807ll - 1, NEAR = -2 };

struct address {
	union {
		u8 bytes[16];
		u32 words[4];
	};
	__be16 port;
};

struct sample {
	char name[16];
	signed char small;
	_Bool flag;
	u32 low : 3;
	u32 middle : 7;
	int sign : 5;
	u64 wide : 40;
	u64 number;
	const volatile u32 qualified;
	struct address source;
	struct address targets[2];
	u16 matrix[2][3];
	enum color color;
	enum temperature temperature;
	enum huge huge;
	enum deep deep;
	void (*callback)(int);
	const struct address *next;
	union {
		struct {
			u16 first;
			u16 second;
		};
		u32 both;
	};
	struct {
		u8 inner;
	} named;
	double real;
	u8 tail[];
};

struct sample *sample_anchor;
volatile const u32 version __attribute__((section(".rodata"))) = 3;

__attribute__((noinline)) static int inner_function(struct sample **list, const char *text)
{
	return list && text;
}

__attribute__((section("raw_tp/test"))) int outer_function(u64 *context)
{
	return inner_function((struct sample **)context, (const char *)context);
}
