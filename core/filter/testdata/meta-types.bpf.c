/* A small kernel to resolve meta filters against. Nothing here runs: each variable only makes clang emit a type. */
typedef signed char s8;
typedef unsigned char u8;
typedef short s16;
typedef unsigned short u16;
typedef int s32;
typedef unsigned int u32;
typedef long long s64;
typedef unsigned long long u64;
typedef u32 __be32;

enum color { RED, GREEN = 5, BLUE = 4000000000u };
enum level { COLD = -40, WARM = 20 };
enum huge : unsigned long long { SMALL = 1, TOP = 0xffffffffffffffffull };
enum { STATE_OPEN = 3, STATE_BELOW = -1 } state_anchor;

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct net {
	u64 net_cookie;
	struct {
		u32 inum;
	} ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	u16 skc_family;
	volatile u8 skc_state;
	__be32 skc_daddr;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
};

struct sock {
	struct sock_common __sk_common;
	s32 sk_bound;
};

struct net_device {
	char name[16];
	s32 ifindex;
	u8 perm_addr[32];
	const u8 *dev_addr;
	const char *alias;
	possible_net_t nd_net;
	u64 features;
};

struct node {
	u32 value;
	s32 balance;
	struct node *next;
	char label[8];
	u64 tagged;
};
typedef struct node node_t;

struct pair {
	u16 first;
	s16 second;
};

struct undeclared;

struct sk_buff {
	struct net_device *dev;
	union {
		struct sock *sk;
		u64 sk_word;
	};
	u64 tagged;
	s8 small;
	u8 tiny;
	s16 brief;
	u16 half;
	s32 number;
	u32 mark;
	s64 far_below;
	u64 wide;
	_Bool flag;
	u8 one : 1;
	u8 two : 2;
	u8 : 1;
	u8 four : 4;
	u64 f3 : 3;
	u64 f18 : 18;
	u64 f35 : 35;
	u64 g5 : 5;
	u64 g43 : 43;
	u64 g16 : 16;
	s64 h7 : 7;
	s64 h49 : 49;
	s64 h8 : 8;
	s32 i3 : 3;
	s32 i17 : 17;
	char text[16];
	u8 raw[5];
	u32 l4_numbers[4];
	struct pair pairs[3];
	enum color color;
	enum level level;
	enum huge huge;
	struct in6_addr address6;
	__be32 address4;
	u8 mac[6];
	double real;
	void (*callback)(void);
	struct undeclared *undeclared;
	struct node *nodes[2];
	/* From here on beyond the copy of RETIS_SKB_COPY bytes. */
	u8 padding[64];
	char late_text[300];
	u32 late_number;
	s64 late_bits : 21;
	struct node *late_node;
	char open[];
};

struct sk_buff *skb_anchor;
node_t *node_anchor;
struct net_device *device_anchor;
struct sock *sock_anchor;
struct net *net_anchor;
