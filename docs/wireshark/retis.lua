-- Shows the events of retis in Wireshark 4.0 and newer, and makes their values fields for filters, e.g.
--
--     tshark -X lua_script:retis.lua -r packets.pcapng -Y 'retis.skb_drop.drop_reason == "NO_SOCKET"'
--
-- `retis pcap` writes each packet's event as JSON into the packet's second comment. Captures of the original tool have it in a
-- custom option only, which Wireshark does not show to Lua: those are read here when the file is opened. README.md, beside this
-- file, says how to install this.

local retis = Proto("retis", "Retis")

-- Path of a value in the event, "-" written as "_"; type; label. Filters put "retis." before the path.
-- Made from the schema of events; test/cases/wireshark.test.ts holds it to that and writes it anew (npm run golden).
local known = {
-- fields: begin
  { "clock", "group", "Changes of the wall clock since the recording began" },
  { "clock.changes", "group", "All until then, in order" },
  { "clock.changes.clock_monotonic_offset", "group", "Clock offset" },
  { "clock.changes.clock_monotonic_offset.nsec", "int64", "Nanoseconds" },
  { "clock.changes.clock_monotonic_offset.sec", "int64", "Seconds" },
  { "clock.changes.since", "uint64", "First time (CLOCK_MONOTONIC, nanoseconds) for which the offset holds" },
  { "clock.changes.step", "int64", "By how much the wall clock was set forward" },
  { "common", "group", "Time, CPU and task" },
  { "common.smp_id", "uint32", "CPU" },
  { "common.task", "group", "Task that was running" },
  { "common.task.comm", "string", "Task name" },
  { "common.task.pid", "uint32", "Process id" },
  { "common.task.tgid", "uint32", "Thread id" },
  { "common.timestamp", "uint64", "Time" },
  { "ct", "group", "Connection that the packet belongs to, as netfilter tracks it" },
  { "ct.ct_status", "uint64", "Status bits (IPS_ in nf_conntrack_common.h)" },
  { "ct.labels", "group", "Labels, one bit each" },
  { "ct.labels.hi", "uint64", "Labels 64 to 127" },
  { "ct.labels.lo", "uint64", "Labels 0 to 63" },
  { "ct.mark", "uint32", "Mark" },
  { "ct.orig", "group", "Original direction" },
  { "ct.orig.ip", "group", "Addresses" },
  { "ct.orig.ip.dst", "string", "Destination address" },
  { "ct.orig.ip.src", "string", "Source address" },
  { "ct.orig.ip.version", "string", "Version of IP" },
  { "ct.orig.proto", "group", "Protocol above IP" },
  { "ct.orig.proto.icmp", "group", "ICMP" },
  { "ct.orig.proto.icmp.code", "uint8", "Code of the message" },
  { "ct.orig.proto.icmp.id", "uint16", "Identifier of the echo" },
  { "ct.orig.proto.icmp.type", "uint8", "Type of the message" },
  { "ct.orig.proto.sctp", "group", "SCTP" },
  { "ct.orig.proto.sctp.dport", "uint16", "Destination port" },
  { "ct.orig.proto.sctp.sport", "uint16", "Source port" },
  { "ct.orig.proto.sctp.vtag", "uint32", "Verification tag of this direction" },
  { "ct.orig.proto.tcp", "group", "TCP" },
  { "ct.orig.proto.tcp.dport", "uint16", "Destination port" },
  { "ct.orig.proto.tcp.sport", "uint16", "Source port" },
  { "ct.orig.proto.udp", "group", "UDP" },
  { "ct.orig.proto.udp.dport", "uint16", "Destination port" },
  { "ct.orig.proto.udp.sport", "uint16", "Source port" },
  { "ct.parent", "group", "Connection that expected this one" },
  { "ct.parent.ct_status", "uint64", "Status bits (IPS_ in nf_conntrack_common.h)" },
  { "ct.parent.labels", "group", "Labels, one bit each" },
  { "ct.parent.labels.hi", "uint64", "Labels 64 to 127" },
  { "ct.parent.labels.lo", "uint64", "Labels 0 to 63" },
  { "ct.parent.mark", "uint32", "Mark" },
  { "ct.parent.orig", "group", "Original direction" },
  { "ct.parent.orig.ip", "group", "Addresses" },
  { "ct.parent.orig.ip.dst", "string", "Destination address" },
  { "ct.parent.orig.ip.src", "string", "Source address" },
  { "ct.parent.orig.ip.version", "string", "Version of IP" },
  { "ct.parent.orig.proto", "group", "Protocol above IP" },
  { "ct.parent.orig.proto.icmp", "group", "ICMP" },
  { "ct.parent.orig.proto.icmp.code", "uint8", "Code of the message" },
  { "ct.parent.orig.proto.icmp.id", "uint16", "Identifier of the echo" },
  { "ct.parent.orig.proto.icmp.type", "uint8", "Type of the message" },
  { "ct.parent.orig.proto.sctp", "group", "SCTP" },
  { "ct.parent.orig.proto.sctp.dport", "uint16", "Destination port" },
  { "ct.parent.orig.proto.sctp.sport", "uint16", "Source port" },
  { "ct.parent.orig.proto.sctp.vtag", "uint32", "Verification tag of this direction" },
  { "ct.parent.orig.proto.tcp", "group", "TCP" },
  { "ct.parent.orig.proto.tcp.dport", "uint16", "Destination port" },
  { "ct.parent.orig.proto.tcp.sport", "uint16", "Source port" },
  { "ct.parent.orig.proto.udp", "group", "UDP" },
  { "ct.parent.orig.proto.udp.dport", "uint16", "Destination port" },
  { "ct.parent.orig.proto.udp.sport", "uint16", "Source port" },
  { "ct.parent.proto_state", "string", "State of the protocol" },
  { "ct.parent.reply", "group", "Direction of replies" },
  { "ct.parent.reply.ip", "group", "Addresses" },
  { "ct.parent.reply.ip.dst", "string", "Destination address" },
  { "ct.parent.reply.ip.src", "string", "Source address" },
  { "ct.parent.reply.ip.version", "string", "Version of IP" },
  { "ct.parent.reply.proto", "group", "Protocol above IP" },
  { "ct.parent.reply.proto.icmp", "group", "ICMP" },
  { "ct.parent.reply.proto.icmp.code", "uint8", "Code of the message" },
  { "ct.parent.reply.proto.icmp.id", "uint16", "Identifier of the echo" },
  { "ct.parent.reply.proto.icmp.type", "uint8", "Type of the message" },
  { "ct.parent.reply.proto.sctp", "group", "SCTP" },
  { "ct.parent.reply.proto.sctp.dport", "uint16", "Destination port" },
  { "ct.parent.reply.proto.sctp.sport", "uint16", "Source port" },
  { "ct.parent.reply.proto.sctp.vtag", "uint32", "Verification tag of this direction" },
  { "ct.parent.reply.proto.tcp", "group", "TCP" },
  { "ct.parent.reply.proto.tcp.dport", "uint16", "Destination port" },
  { "ct.parent.reply.proto.tcp.sport", "uint16", "Source port" },
  { "ct.parent.reply.proto.udp", "group", "UDP" },
  { "ct.parent.reply.proto.udp.dport", "uint16", "Destination port" },
  { "ct.parent.reply.proto.udp.sport", "uint16", "Source port" },
  { "ct.parent.zone_dir", "string", "Direction that the zone holds for" },
  { "ct.parent.zone_id", "uint16", "Conntrack zone" },
  { "ct.proto_state", "string", "State of the protocol" },
  { "ct.reply", "group", "Direction of replies" },
  { "ct.reply.ip", "group", "Addresses" },
  { "ct.reply.ip.dst", "string", "Destination address" },
  { "ct.reply.ip.src", "string", "Source address" },
  { "ct.reply.ip.version", "string", "Version of IP" },
  { "ct.reply.proto", "group", "Protocol above IP" },
  { "ct.reply.proto.icmp", "group", "ICMP" },
  { "ct.reply.proto.icmp.code", "uint8", "Code of the message" },
  { "ct.reply.proto.icmp.id", "uint16", "Identifier of the echo" },
  { "ct.reply.proto.icmp.type", "uint8", "Type of the message" },
  { "ct.reply.proto.sctp", "group", "SCTP" },
  { "ct.reply.proto.sctp.dport", "uint16", "Destination port" },
  { "ct.reply.proto.sctp.sport", "uint16", "Source port" },
  { "ct.reply.proto.sctp.vtag", "uint32", "Verification tag of this direction" },
  { "ct.reply.proto.tcp", "group", "TCP" },
  { "ct.reply.proto.tcp.dport", "uint16", "Destination port" },
  { "ct.reply.proto.tcp.sport", "uint16", "Source port" },
  { "ct.reply.proto.udp", "group", "UDP" },
  { "ct.reply.proto.udp.dport", "uint16", "Destination port" },
  { "ct.reply.proto.udp.sport", "uint16", "Source port" },
  { "ct.state", "string", "State of the packet within the connection" },
  { "ct.zone_dir", "string", "Direction that the zone holds for" },
  { "ct.zone_id", "uint16", "Conntrack zone" },
  { "ct_other", "group", "What netfilter's connection tracking says of other packets" },
  { "ct_other.ct_status", "uint64", "Status bits (IPS_ in nf_conntrack_common.h)" },
  { "ct_other.labels", "group", "Labels, one bit each" },
  { "ct_other.labels.hi", "uint64", "Labels 64 to 127" },
  { "ct_other.labels.lo", "uint64", "Labels 0 to 63" },
  { "ct_other.mark", "uint32", "Mark" },
  { "ct_other.orig", "group", "Original direction" },
  { "ct_other.orig.ip", "group", "Addresses" },
  { "ct_other.orig.ip.dst", "string", "Destination address" },
  { "ct_other.orig.ip.src", "string", "Source address" },
  { "ct_other.orig.ip.version", "string", "Version of IP" },
  { "ct_other.orig.proto", "group", "Protocol above IP" },
  { "ct_other.orig.proto.gre", "group", "GRE" },
  { "ct_other.orig.proto.gre.dstkey", "uint16", "Key of the receiver" },
  { "ct_other.orig.proto.gre.srckey", "uint16", "Key of the sender" },
  { "ct_other.orig.proto.icmp", "group", "ICMP" },
  { "ct_other.orig.proto.icmp.code", "uint8", "Code of the message" },
  { "ct_other.orig.proto.icmp.id", "uint16", "Identifier of the echo" },
  { "ct_other.orig.proto.icmp.type", "uint8", "Type of the message" },
  { "ct_other.orig.proto.icmpv6", "group", "ICMPv6" },
  { "ct_other.orig.proto.icmpv6.code", "uint8", "Code of the message" },
  { "ct_other.orig.proto.icmpv6.id", "uint16", "Identifier of the echo" },
  { "ct_other.orig.proto.icmpv6.type", "uint8", "Type of the message" },
  { "ct_other.orig.proto.other", "group", "Another protocol" },
  { "ct_other.orig.proto.other.dport", "uint16", "Destination port" },
  { "ct_other.orig.proto.other.protonum", "uint8", "Number of the IP protocol" },
  { "ct_other.orig.proto.other.sport", "uint16", "Source port" },
  { "ct_other.orig.proto.sctp", "group", "SCTP" },
  { "ct_other.orig.proto.sctp.dport", "uint16", "Destination port" },
  { "ct_other.orig.proto.sctp.sport", "uint16", "Source port" },
  { "ct_other.orig.proto.sctp.vtag", "uint32", "Verification tag of this direction" },
  { "ct_other.orig.proto.tcp", "group", "TCP" },
  { "ct_other.orig.proto.tcp.dport", "uint16", "Destination port" },
  { "ct_other.orig.proto.tcp.sport", "uint16", "Source port" },
  { "ct_other.orig.proto.udp", "group", "UDP" },
  { "ct_other.orig.proto.udp.dport", "uint16", "Destination port" },
  { "ct_other.orig.proto.udp.sport", "uint16", "Source port" },
  { "ct_other.parent", "group", "Connection that expected this one" },
  { "ct_other.parent.ct_status", "uint64", "Status bits (IPS_ in nf_conntrack_common.h)" },
  { "ct_other.parent.labels", "group", "Labels, one bit each" },
  { "ct_other.parent.labels.hi", "uint64", "Labels 64 to 127" },
  { "ct_other.parent.labels.lo", "uint64", "Labels 0 to 63" },
  { "ct_other.parent.mark", "uint32", "Mark" },
  { "ct_other.parent.orig", "group", "Original direction" },
  { "ct_other.parent.orig.ip", "group", "Addresses" },
  { "ct_other.parent.orig.ip.dst", "string", "Destination address" },
  { "ct_other.parent.orig.ip.src", "string", "Source address" },
  { "ct_other.parent.orig.ip.version", "string", "Version of IP" },
  { "ct_other.parent.orig.proto", "group", "Protocol above IP" },
  { "ct_other.parent.orig.proto.gre", "group", "GRE" },
  { "ct_other.parent.orig.proto.gre.dstkey", "uint16", "Key of the receiver" },
  { "ct_other.parent.orig.proto.gre.srckey", "uint16", "Key of the sender" },
  { "ct_other.parent.orig.proto.icmp", "group", "ICMP" },
  { "ct_other.parent.orig.proto.icmp.code", "uint8", "Code of the message" },
  { "ct_other.parent.orig.proto.icmp.id", "uint16", "Identifier of the echo" },
  { "ct_other.parent.orig.proto.icmp.type", "uint8", "Type of the message" },
  { "ct_other.parent.orig.proto.icmpv6", "group", "ICMPv6" },
  { "ct_other.parent.orig.proto.icmpv6.code", "uint8", "Code of the message" },
  { "ct_other.parent.orig.proto.icmpv6.id", "uint16", "Identifier of the echo" },
  { "ct_other.parent.orig.proto.icmpv6.type", "uint8", "Type of the message" },
  { "ct_other.parent.orig.proto.other", "group", "Another protocol" },
  { "ct_other.parent.orig.proto.other.dport", "uint16", "Destination port" },
  { "ct_other.parent.orig.proto.other.protonum", "uint8", "Number of the IP protocol" },
  { "ct_other.parent.orig.proto.other.sport", "uint16", "Source port" },
  { "ct_other.parent.orig.proto.sctp", "group", "SCTP" },
  { "ct_other.parent.orig.proto.sctp.dport", "uint16", "Destination port" },
  { "ct_other.parent.orig.proto.sctp.sport", "uint16", "Source port" },
  { "ct_other.parent.orig.proto.sctp.vtag", "uint32", "Verification tag of this direction" },
  { "ct_other.parent.orig.proto.tcp", "group", "TCP" },
  { "ct_other.parent.orig.proto.tcp.dport", "uint16", "Destination port" },
  { "ct_other.parent.orig.proto.tcp.sport", "uint16", "Source port" },
  { "ct_other.parent.orig.proto.udp", "group", "UDP" },
  { "ct_other.parent.orig.proto.udp.dport", "uint16", "Destination port" },
  { "ct_other.parent.orig.proto.udp.sport", "uint16", "Source port" },
  { "ct_other.parent.proto_state", "string", "State of the protocol" },
  { "ct_other.parent.reply", "group", "Direction of replies" },
  { "ct_other.parent.reply.ip", "group", "Addresses" },
  { "ct_other.parent.reply.ip.dst", "string", "Destination address" },
  { "ct_other.parent.reply.ip.src", "string", "Source address" },
  { "ct_other.parent.reply.ip.version", "string", "Version of IP" },
  { "ct_other.parent.reply.proto", "group", "Protocol above IP" },
  { "ct_other.parent.reply.proto.gre", "group", "GRE" },
  { "ct_other.parent.reply.proto.gre.dstkey", "uint16", "Key of the receiver" },
  { "ct_other.parent.reply.proto.gre.srckey", "uint16", "Key of the sender" },
  { "ct_other.parent.reply.proto.icmp", "group", "ICMP" },
  { "ct_other.parent.reply.proto.icmp.code", "uint8", "Code of the message" },
  { "ct_other.parent.reply.proto.icmp.id", "uint16", "Identifier of the echo" },
  { "ct_other.parent.reply.proto.icmp.type", "uint8", "Type of the message" },
  { "ct_other.parent.reply.proto.icmpv6", "group", "ICMPv6" },
  { "ct_other.parent.reply.proto.icmpv6.code", "uint8", "Code of the message" },
  { "ct_other.parent.reply.proto.icmpv6.id", "uint16", "Identifier of the echo" },
  { "ct_other.parent.reply.proto.icmpv6.type", "uint8", "Type of the message" },
  { "ct_other.parent.reply.proto.other", "group", "Another protocol" },
  { "ct_other.parent.reply.proto.other.dport", "uint16", "Destination port" },
  { "ct_other.parent.reply.proto.other.protonum", "uint8", "Number of the IP protocol" },
  { "ct_other.parent.reply.proto.other.sport", "uint16", "Source port" },
  { "ct_other.parent.reply.proto.sctp", "group", "SCTP" },
  { "ct_other.parent.reply.proto.sctp.dport", "uint16", "Destination port" },
  { "ct_other.parent.reply.proto.sctp.sport", "uint16", "Source port" },
  { "ct_other.parent.reply.proto.sctp.vtag", "uint32", "Verification tag of this direction" },
  { "ct_other.parent.reply.proto.tcp", "group", "TCP" },
  { "ct_other.parent.reply.proto.tcp.dport", "uint16", "Destination port" },
  { "ct_other.parent.reply.proto.tcp.sport", "uint16", "Source port" },
  { "ct_other.parent.reply.proto.udp", "group", "UDP" },
  { "ct_other.parent.reply.proto.udp.dport", "uint16", "Destination port" },
  { "ct_other.parent.reply.proto.udp.sport", "uint16", "Source port" },
  { "ct_other.parent.zone_dir", "string", "Direction that the zone holds for" },
  { "ct_other.parent.zone_id", "uint16", "Conntrack zone" },
  { "ct_other.proto_state", "string", "State of the protocol" },
  { "ct_other.reply", "group", "Direction of replies" },
  { "ct_other.reply.ip", "group", "Addresses" },
  { "ct_other.reply.ip.dst", "string", "Destination address" },
  { "ct_other.reply.ip.src", "string", "Source address" },
  { "ct_other.reply.ip.version", "string", "Version of IP" },
  { "ct_other.reply.proto", "group", "Protocol above IP" },
  { "ct_other.reply.proto.gre", "group", "GRE" },
  { "ct_other.reply.proto.gre.dstkey", "uint16", "Key of the receiver" },
  { "ct_other.reply.proto.gre.srckey", "uint16", "Key of the sender" },
  { "ct_other.reply.proto.icmp", "group", "ICMP" },
  { "ct_other.reply.proto.icmp.code", "uint8", "Code of the message" },
  { "ct_other.reply.proto.icmp.id", "uint16", "Identifier of the echo" },
  { "ct_other.reply.proto.icmp.type", "uint8", "Type of the message" },
  { "ct_other.reply.proto.icmpv6", "group", "ICMPv6" },
  { "ct_other.reply.proto.icmpv6.code", "uint8", "Code of the message" },
  { "ct_other.reply.proto.icmpv6.id", "uint16", "Identifier of the echo" },
  { "ct_other.reply.proto.icmpv6.type", "uint8", "Type of the message" },
  { "ct_other.reply.proto.other", "group", "Another protocol" },
  { "ct_other.reply.proto.other.dport", "uint16", "Destination port" },
  { "ct_other.reply.proto.other.protonum", "uint8", "Number of the IP protocol" },
  { "ct_other.reply.proto.other.sport", "uint16", "Source port" },
  { "ct_other.reply.proto.sctp", "group", "SCTP" },
  { "ct_other.reply.proto.sctp.dport", "uint16", "Destination port" },
  { "ct_other.reply.proto.sctp.sport", "uint16", "Source port" },
  { "ct_other.reply.proto.sctp.vtag", "uint32", "Verification tag of this direction" },
  { "ct_other.reply.proto.tcp", "group", "TCP" },
  { "ct_other.reply.proto.tcp.dport", "uint16", "Destination port" },
  { "ct_other.reply.proto.tcp.sport", "uint16", "Source port" },
  { "ct_other.reply.proto.udp", "group", "UDP" },
  { "ct_other.reply.proto.udp.dport", "uint16", "Destination port" },
  { "ct_other.reply.proto.udp.sport", "uint16", "Source port" },
  { "ct_other.state", "string", "State of the packet within the connection" },
  { "ct_other.zone_dir", "string", "Direction that the zone holds for" },
  { "ct_other.zone_id", "uint16", "Conntrack zone" },
  { "dev", "group", "Network device that the packet is at" },
  { "dev.ifindex", "uint32", "Device index" },
  { "dev.name", "string", "Device name" },
  { "dev.rx_ifindex", "uint32", "Index of the device that received the packet" },
  { "fields", "group", "Fields" },
  { "kernel", "group", "Kernel probe" },
  { "kernel.probe_type", "string", "Probe type" },
  { "kernel.stack_trace", "string", "Stack trace" },
  { "kernel.symbol", "string", "Symbol" },
  { "loss", "group", "Lost events and sections" },
  { "loss.incomplete", "group", "Events that lack a part" },
  { "loss.incomplete.count", "uint64", "How often" },
  { "loss.incomplete.probe", "string", "Probe" },
  { "loss.incomplete.reason", "string", "Reason" },
  { "loss.lost", "group", "Lost events by probe and reason" },
  { "loss.lost.count", "uint64", "How often" },
  { "loss.lost.probe", "string", "Probe" },
  { "loss.lost.reason", "string", "Reason" },
  { "loss.skipped", "group", "Skipped hits" },
  { "loss.skipped.count", "uint64", "How often" },
  { "loss.skipped.probe", "string", "Probe" },
  { "loss.skipped.reason", "string", "Reason" },
  { "loss.total", "uint64", "Sum of lost events" },
  { "loss.untracked", "group", "What packet tracking missed" },
  { "loss.untracked.count", "uint64", "How often" },
  { "loss.untracked.probe", "string", "Probe" },
  { "loss.untracked.reason", "string", "Reason" },
  { "netns", "group", "Network namespace that the packet is in" },
  { "netns.container", "string", "Container of the socket, else of the namespace" },
  { "netns.cookie", "uint64", "Number that the kernel never gives twice" },
  { "netns.inum", "uint32", "Inode number, as in /proc/<pid>/ns/net" },
  { "netns.name", "string", "Name under /run/netns" },
  { "netns.pod", "string", "Pod of the socket, else of the namespace, as NAMESPACE/NAME" },
  { "netns.process", "string", "Process that the namespace is that of, as COMM/PID" },
  { "netns.unit", "string", "Unit of systemd that the socket belongs to, else the namespace" },
  { "nft", "group", "Rule or policy of nftables that decided about the packet" },
  { "nft.chain_handle", "int64", "Handle of the chain" },
  { "nft.chain_name", "string", "Chain" },
  { "nft.policy", "bool", "Policy" },
  { "nft.queue", "uint16", "Number of the queue that the packet is given to" },
  { "nft.rule", "string", "Rule as nft shows it, without counters" },
  { "nft.rule_handle", "int64", "Handle of the rule" },
  { "nft.table_handle", "int64", "Handle of the table" },
  { "nft.table_name", "string", "Table" },
  { "nft.verdict", "string", "Verdict" },
  { "nft.verdict_chain_name", "string", "Chain that a jump or goto leads to" },
  { "ovs", "group", "What the datapath of Open vSwitch did with the packet" },
  { "ovs.action", "string", "Action" },
  { "ovs.batch_idx", "uint8", "Place in the batch" },
  { "ovs.batch_ts", "uint64", "Time of the first packet of the batch" },
  { "ovs.cmd", "uint8", "Why the packet is handed up" },
  { "ovs.cpu", "uint32", "CPU that the upcall is made on" },
  { "ovs.dpflow", "string", "Flow of the datapath as text" },
  { "ovs.eth", "group", "Header that push_eth adds" },
  { "ovs.eth.dst", "string", "Destination address" },
  { "ovs.eth.src", "string", "Source address" },
  { "ovs.ethertype", "uint16", "EtherType" },
  { "ovs.event_type", "string", "Kind of event" },
  { "ovs.flags", "uint32", "Bits of a ct action" },
  { "ovs.flow", "uint64", "Address of the flow" },
  { "ovs.group", "uint32", "Group of psample" },
  { "ovs.hash", "group", "What a hash action computes" },
  { "ovs.hash.alg", "uint32", "Algorithm" },
  { "ovs.hash.basis", "uint32", "Basis" },
  { "ovs.id", "uint32", "Id that a recirc action gives the packet" },
  { "ovs.key", "string", "Field that set or set_masked writes to" },
  { "ovs.key_size", "uint64", "Bytes of the flow key" },
  { "ovs.max_len", "uint32", "Bytes that trunc leaves of the packet for the next output" },
  { "ovs.meter_id", "uint32", "Meter" },
  { "ovs.mpls", "group", "Label stack entry that push_mpls or add_mpls adds" },
  { "ovs.mpls.bos", "bool", "Bottom of the stack" },
  { "ovs.mpls.label", "uint32", "Label" },
  { "ovs.mpls.tc", "uint8", "Traffic class" },
  { "ovs.mpls.ttl", "uint8", "Time to live" },
  { "ovs.n_cache_hit", "uint32", "Hits in the cache of masks" },
  { "ovs.n_mask_hit", "uint32", "Masks that were tried" },
  { "ovs.nat", "group", "Address translation of a ct action" },
  { "ovs.nat.dir", "string", "What is translated" },
  { "ovs.nat.max_addr", "string", "Last address to choose from" },
  { "ovs.nat.max_port", "uint16", "Last port to choose from" },
  { "ovs.nat.min_addr", "string", "First address to choose from" },
  { "ovs.nat.min_port", "uint16", "First port to choose from" },
  { "ovs.nsh", "group", "Network service header that push_nsh adds" },
  { "ovs.nsh.context", "uint32", "Context headers of fixed length" },
  { "ovs.nsh.flags", "uint8", "Flags" },
  { "ovs.nsh.mdtype", "uint8", "Type of metadata" },
  { "ovs.nsh.np", "uint8", "Next protocol" },
  { "ovs.nsh.si", "uint8", "Service index" },
  { "ovs.nsh.spi", "uint32", "Service path" },
  { "ovs.nsh.ttl", "uint8", "Time to live" },
  { "ovs.ofpflows", "string", "OpenFlow rules it was made from" },
  { "ovs.op_type", "string", "Operation" },
  { "ovs.pkt_len", "uint32", "Bytes that check_pkt_len compares with" },
  { "ovs.pkt_size", "uint32", "Bytes of the packet" },
  { "ovs.port", "uint32", "Port" },
  { "ovs.probability", "uint32", "Probability of sample, of 4294967295" },
  { "ovs.queue_id", "uint32", "Id of the packet while user space has it" },
  { "ovs.reason", "uint32", "Why a drop action drops" },
  { "ovs.recirc_id", "uint32", "Recirculation that the packet is in" },
  { "ovs.ret", "int32", "Result" },
  { "ovs.set", "group", "What set or set_masked writes" },
  { "ovs.set.fields", "string", "Fields with their new values, and a mask where only some bits are set" },
  { "ovs.sf_acts", "uint64", "Address of the flow's actions" },
  { "ovs.type", "uint32", "Why the packet was handed up" },
  { "ovs.ufid", "uint32", "Id of the flow" },
  { "ovs.upcall_cpu", "uint32", "CPU of the upcall" },
  { "ovs.upcall_port", "uint32", "Netlink port that a userspace action sends to" },
  { "ovs.upcall_ts", "uint64", "Time of the upcall" },
  { "ovs.vlan", "group", "Tag that push_vlan adds" },
  { "ovs.vlan.pcp", "uint8", "Priority code point" },
  { "ovs.vlan.vid", "uint16", "VLAN id" },
  { "ovs.zone_id", "uint16", "Conntrack zone of a ct action" },
  { "ovs_detrace", "group", "A flow that packets hit, as ovs-vswitchd describes it" },
  { "ovs_detrace.dpflow", "string", "Flow of the datapath as text" },
  { "ovs_detrace.flow", "uint64", "Address of the flow" },
  { "ovs_detrace.ofpflows", "string", "OpenFlow rules that it was made from" },
  { "ovs_detrace.sf_acts", "uint64", "Address of the flow's actions" },
  { "ovs_detrace.ufid", "uint32", "Id of the flow" },
  { "skb", "group", "Metadata of the packet's socket buffer" },
  { "skb.data_ref", "group", "References to the skb and its data" },
  { "skb.data_ref.cloned", "bool", "The header may be shared with a clone" },
  { "skb.data_ref.dataref", "uint16", "References to its data" },
  { "skb.data_ref.fclone", "uint8", "State of the fast clone" },
  { "skb.data_ref.nohdr", "bool", "Only the payload is referenced" },
  { "skb.data_ref.payload_refs", "uint16", "References to the payload only" },
  { "skb.data_ref.users", "uint32", "References to the skb" },
  { "skb.gso", "group", "Segmentation left to the device" },
  { "skb.gso.flags", "uint8", "Flags of the shared info" },
  { "skb.gso.frags", "uint8", "Number of page fragments" },
  { "skb.gso.segs", "uint32", "Number of segments" },
  { "skb.gso.size", "uint32", "Payload bytes of each segment" },
  { "skb.gso.type", "uint32", "Kind of segmentation (SKB_GSO_ bits)" },
  { "skb.meta", "group", "Metadata of the skb" },
  { "skb.meta.csum", "uint32", "Checksum when complete" },
  { "skb.meta.csum_level", "uint8", "Number of checksums found right" },
  { "skb.meta.data_len", "uint32", "Bytes that are not in the linear part" },
  { "skb.meta.hash", "uint32", "Flow hash" },
  { "skb.meta.ip_summed", "uint8", "State of the checksum" },
  { "skb.meta.len", "uint32", "Bytes from the current header on" },
  { "skb.meta.mark", "uint32", "Mark, as set by nftables, tc, SO_MARK" },
  { "skb.meta.priority", "uint32", "Queueing priority" },
  { "skb.meta.queue_mapping", "uint16", "Queue of the device" },
  { "skb.vlan_accel", "group", "VLAN tag that the kernel keeps beside the packet" },
  { "skb.vlan_accel.dei", "bool", "Drop eligible" },
  { "skb.vlan_accel.pcp", "uint8", "Priority" },
  { "skb.vlan_accel.proto", "uint16", "Tag protocol, e.g" },
  { "skb.vlan_accel.vid", "uint16", "VLAN number" },
  { "skb_drop", "group", "Why the packet was dropped" },
  { "skb_drop.class", "string", "Class of the drop" },
  { "skb_drop.drop_reason", "string", "Reason of the drop" },
  { "skb_drop.location", "string", "Where the packet was dropped" },
  { "skb_drop.socket", "group", "Socket that the packet was for" },
  { "skb_drop.socket.cgroup", "uint64", "Cgroup of the socket" },
  { "skb_drop.socket.local", "string", "Local address" },
  { "skb_drop.socket.local_port", "uint16", "Local port" },
  { "skb_drop.socket.protocol", "string", "Protocol" },
  { "skb_drop.socket.remote", "string", "Address of the peer" },
  { "skb_drop.socket.remote_port", "uint16", "Port of the peer" },
  { "skb_drop.socket.state", "string", "State, as the kernel names those of TCP" },
  { "skb_drop.subsys", "string", "Subsystem that the reason belongs to" },
  { "skb_tracking", "group", "Identity of the packet" },
  { "skb_tracking.orig_head", "uint64", "Buffer head" },
  { "skb_tracking.skb", "uint64", "Address of the skb" },
  { "skb_tracking.timestamp", "uint64", "Time when first seen" },
  { "startup", "group", "Start of a collection" },
  { "startup.clock_monotonic_offset", "group", "Clock offset" },
  { "startup.clock_monotonic_offset.nsec", "int64", "Nanoseconds" },
  { "startup.clock_monotonic_offset.sec", "int64", "Seconds" },
  { "startup.cmdline", "string", "Command line, profiles expanded" },
  { "startup.machine", "group", "Machine that recorded" },
  { "startup.machine.hardware_name", "string", "Hardware name" },
  { "startup.machine.kernel_release", "string", "Kernel release" },
  { "startup.machine.kernel_version", "string", "Kernel version" },
  { "startup.retis_version", "string", "Version of the program that collected" },
  { "startup.split_file", "group", "Position among the parts of a rotated file" },
  { "startup.split_file.id", "uint32", "Number of this part" },
  { "startup.split_file.policy", "group", "When a new part is begun" },
  { "startup.split_file.policy.kind", "string", "Kind of limit" },
  { "startup.split_file.policy.limit", "uint64", "Limit of each part" },
  { "tracking", "group", "Position in a series" },
  { "tracking.idx", "uint32", "Position in the series" },
  { "tracking.skb", "group", "Tracking identity" },
  { "tracking.skb.orig_head", "uint64", "Buffer head" },
  { "tracking.skb.skb", "uint64", "Address of the skb" },
  { "tracking.skb.timestamp", "uint64", "Time when first seen" },
  { "userspace", "group", "User-space probe" },
  { "userspace.ip", "uint64", "Probe address" },
  { "userspace.path", "string", "Path of the program" },
  { "userspace.pid", "uint32", "Process id" },
  { "userspace.probe_type", "string", "Probe type" },
  { "userspace.symbol", "string", "Symbol" },
  { "userspace.tid", "uint32", "Thread id" },
-- fields: end
}

-- A value without a field of its own, e.g. of a third party's collector: its path, a colon and its text.
local other = ProtoField.string("retis.other", "Other")

------------------------------------------------------------------------------------------------------------------------
-- Fields

local makers = {
  group = ProtoField.none,
  string = ProtoField.string,
  bool = ProtoField.bool,
  uint8 = ProtoField.uint8,
  uint16 = ProtoField.uint16,
  uint32 = ProtoField.uint32,
  uint64 = ProtoField.uint64,
  int32 = ProtoField.int32,
  int64 = ProtoField.int64,
}

local fields = {}
local types = {}
local all = { other }
for _, entry in ipairs(known) do
  local path, type, label = entry[1], entry[2], entry[3]
  types[path] = type
  fields[path] = makers[type]("retis." .. path, label)
  all[#all + 1] = fields[path]
end
retis.fields = all

------------------------------------------------------------------------------------------------------------------------
-- JSON (RFC 8259). An integer stays text, marked by `Integer`: a Lua number would round those beyond 2^53.

local Integer = {}
local List = {}

local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- UTF-8 of a code point.
local function utf8_of(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xc0 + math.floor(code / 0x40), 0x80 + code % 0x40) end
  if code < 0x10000 then
    return string.char(0xe0 + math.floor(code / 0x1000), 0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  local high = math.floor(code / 0x40000)
  return string.char(0xf0 + high, 0x80 + math.floor(code / 0x1000) % 0x40, 0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
end

-- The text of a JSON string without its quotes.
local function unescape(text)
  text = text:gsub("\\u([dD][89abAB]%x%x)\\u([dD][c-fC-F]%x%x)", function(high, low)
    return utf8_of(0x10000 + (tonumber(high, 16) - 0xd800) * 0x400 + tonumber(low, 16) - 0xdc00)
  end)
  text = text:gsub("\\u(%x%x%x%x)", function(code) return utf8_of(tonumber(code, 16)) end)
  return (text:gsub("\\(.)", function(char) return escapes[char] or char end))
end

local parse_value

-- Position behind the white space at `at`.
local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function parse_string(text, at)
  local stop = at + 1
  while true do
    stop = text:find('["\\]', stop)
    if not stop then error("a string has no end") end
    if text:sub(stop, stop) == '"' then break end
    stop = stop + 2
  end
  local raw = text:sub(at + 1, stop - 1)
  if raw:find("\\", 1, true) then raw = unescape(raw) end
  return raw, stop + 1
end

-- Members of an object or array, each given to `take`; returns the position behind it.
local function parse_members(text, at, closing, take)
  at = skip(text, at + 1)
  if text:sub(at, at) == closing then return at + 1 end
  while true do
    at = skip(text, take(at))
    local char = text:sub(at, at)
    if char == closing then return at + 1 end
    if char ~= "," then error("a comma is missing") end
    at = skip(text, at + 1)
  end
end

-- An object keeps the order of its members: { { key, value }, ... }.
local function parse_object(text, at)
  local object = {}
  at = parse_members(text, at, "}", function(start)
    if text:sub(start, start) ~= '"' then error("a key is missing") end
    local key, behind = parse_string(text, start)
    behind = skip(text, behind)
    if text:sub(behind, behind) ~= ":" then error("a colon is missing") end
    local value
    value, behind = parse_value(text, skip(text, behind + 1))
    object[#object + 1] = { key, value }
    return behind
  end)
  return object, at
end

local function parse_list(text, at)
  local list = setmetatable({}, List)
  at = parse_members(text, at, "]", function(start)
    local value, behind = parse_value(text, start)
    list[#list + 1] = value
    return behind
  end)
  return list, at
end

local words = { ["true"] = true, ["false"] = false }

parse_value = function(text, at)
  local char = text:sub(at, at)
  if char == "{" then return parse_object(text, at) end
  if char == "[" then return parse_list(text, at) end
  if char == '"' then return parse_string(text, at) end
  local word = text:match("^%a+", at)
  if word == "null" then return nil, at + 4 end
  if words[word] ~= nil then return words[word], at + #word end
  local digits = text:match("^-?%d+", at)
  if not digits then error("a value is missing") end
  return setmetatable({ digits = digits }, Integer), at + #digits
end

------------------------------------------------------------------------------------------------------------------------
-- Tree

local function is_list(value) return getmetatable(value) == List end
local function is_integer(value) return getmetatable(value) == Integer end

local function text_of(value)
  if is_integer(value) then return value.digits end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, member in ipairs(value) do
    parts[i] = is_list(value) and text_of(member) or member[1] .. "=" .. text_of(member[2])
  end
  return table.concat(parts, " ")
end

-- The value as the field's type wants it; nil when it is of another type.
local function convert(value, kind)
  if kind == "string" then return type(value) == "string" and value or nil end
  if kind == "bool" then if type(value) == "boolean" then return value end return nil end
  if not is_integer(value) then return nil end
  if kind == "uint64" then return UInt64(value.digits) end
  if kind == "int64" then return Int64(value.digits) end
  return tonumber(value.digits)
end

local add_value

local function add_members(tree, path, object)
  for _, member in ipairs(object) do
    local name = member[1]:gsub("-", "_")
    add_value(tree, path == "" and name or path .. "." .. name, member[2])
  end
end

add_value = function(tree, path, value)
  if is_list(value) then
    for _, item in ipairs(value) do add_value(tree, path, item) end
  elseif type(value) == "table" and not is_integer(value) then
    add_members(types[path] == "group" and tree:add(fields[path]) or tree, path, value)
  else
    local converted
    if types[path] then converted = convert(value, types[path]) end
    if converted ~= nil then tree:add(fields[path], converted)
    else tree:add(other, path .. ": " .. text_of(value)) end
  end
end

------------------------------------------------------------------------------------------------------------------------
-- Captures of the original tool (blocks of pcapng: draft-ietf-opsawg-pcapng). Its only mark is a custom block before the
-- interfaces, with the number below and the schema; each packet's event is in a custom option with the same number.

local enterprise = 70000
local section_header, interface_description, enhanced_packet, custom_block = 0x0a0d0d0a, 1, 6, 0xbad
local options_of = { application = 4, resolution = 9, custom_text = 2988 }

-- Blocks that Wireshark shows as a frame.
local is_frame = { [2] = true, [3] = true, [enhanced_packet] = true, [custom_block] = true, [0x40000bad] = true }

-- An integer of `length` bytes, nil where the text has fewer.
local function integer(text, at, length, little)
  if at + length - 1 > #text then return nil end
  local value = 0
  for i = 0, length - 1 do value = value * 256 + text:byte(little and at + length - 1 - i or at + i) end
  return value
end

-- Value of the first option with this code, of those that begin at `at`; nil when there is none.
local function option(block, at, code, little)
  while true do
    local found, length = integer(block, at, 2, little), integer(block, at + 2, 2, little)
    if not length or found == 0 then return nil end
    if found == code then return block:sub(at + 4, at + 3 + length) end
    at = at + 4 + length + (-length) % 4
  end
end

-- Type and body of the next block; nil at the end, and where the file is damaged.
local function next_block(file, little)
  local head = file:read(8)
  local length = head and integer(head, 5, 4, little)
  if not length or length < 12 or length > 0x1000000 then return nil end
  local rest = file:read(length - 8)
  if not rest or #rest < length - 8 then return nil end
  return integer(head, 1, 4, little), rest:sub(1, -5)
end

-- Key of a time in table `events`.
local function time_key(seconds, nanoseconds) return string.format("%.0f.%.0f", seconds, nanoseconds) end

-- Key of a packet's time: 10^-digits seconds since 1970.
local function packet_time(high, low, digits)
  local time, second = UInt64.new(low, high), UInt64.new(10 ^ digits)
  return time_key((time / second):tonumber(), (time % second):tonumber() * 10 ^ (9 - digits))
end

-- Times may repeat: entries of one time are a linked list.
local function add_event(events, key, frame, text) events[key] = { frame = frame, text = text, next = events[key] } end

-- Where the section of the original begins: whether it is little-endian; nil in other captures, of which this reads no more
-- than what can be taken back also in a pipe.
local function section_of_original(file)
  local head = file:read(12)
  if not head or integer(head, 1, 4, true) ~= section_header then return nil end
  local little = head:byte(9) == 0x4d
  local length = integer(head, 5, 4, little)
  if not length or length < 28 or length > 1024 then return nil end
  local rest = file:read(length - 12)
  local application = rest and option(rest, 13, options_of.application, little)
  if not rest or (application and application:sub(1, 6) == "retis ") then return nil end
  local second = file:read(12)
  if not second or integer(second, 1, 4, little) ~= custom_block or integer(second, 9, 4, little) ~= enterprise then return nil end
  return file:seek("set", length) and { little = little }
end

-- The reader has read from the file, which a pipe's position does not show. Only Linux says so; elsewhere the way back fails.
local function is_pipe()
  local seen = false
  for descriptor = 0, 255 do
    local info = descriptor ~= 1 and descriptor ~= 2 and io.open("/proc/self/fdinfo/" .. descriptor)
    if info then
      seen = true
      local position = info:read("*a"):match("pos:%s*(%d+)")
      info:close()
      if position and position ~= "0" then return false end
    end
  end
  return seen
end

-- Events by the packet's time; what follows a damaged block is left out.
local function read_events(file, little)
  local events, digits, frame = {}, {}, 0
  while true do
    local kind, block = next_block(file, little)
    if not kind then return events end
    if is_frame[kind] then frame = frame + 1 end
    if kind == interface_description then
      local resolution = option(block, 9, options_of.resolution, little)
      digits[#digits + 1] = resolution and resolution:byte() or 6
    elseif kind == enhanced_packet then
      local length = integer(block, 13, 4, little)
      local unit = digits[integer(block, 1, 4, little) + 1]
      local text = option(block, 21 + length + (-length) % 4, options_of.custom_text, little)
      if text and unit and unit <= 9 and integer(text, 1, 4, little) == enterprise then
        local key = packet_time(integer(block, 5, 4, little), integer(block, 9, 4, little), unit)
        add_event(events, key, frame, text:sub(5))
      end
    end
  end
end

-- Events of the file that is shown, and of one that was opened since.
local events, opened = {}, nil

-- What Wireshark passed to `read_open` and writes to afterwards: must not be collected meanwhile.
local arguments

-- Looks at every file before Wireshark's own readers do, and leaves it to them.
local watcher = FileHandler.new("Events of retis", "retis_events", "Reads events from captures of the original retis", "rms")

function watcher.read_open(file, capture)
  arguments = { file, capture }
  opened = {}
  local looked, section = pcall(section_of_original, file)
  if looked and section and not is_pipe() then
    local read, found = pcall(read_events, file, section.little)
    if read then opened = found end
    if not file:seek("set", 0) then print("retis.lua: captures of the original retis cannot be read from a pipe: write a file first") end
  end
  return false
end

function watcher.read() return false end
function watcher.seek_read() return false end

register_filehandler(watcher)

function retis.init()
  if opened then events, opened = opened, nil end
end

------------------------------------------------------------------------------------------------------------------------
-- Packets

local comments = Field.new("frame.comment")
local time = Field.new("frame.time_epoch")
local damaged = ProtoExpert.new("retis.damaged", "The packet's event cannot be read", expert.group.MALFORMED, expert.severity.WARN)
retis.experts = { damaged }

local function add_event_tree(root, text)
  local read, event = pcall(parse_value, text, 1)
  local tree = root:add(retis)
  if read then add_members(tree, "", event) else tree:add_proto_expert_info(damaged) end
end

-- The text of the original's option for this packet. Where several packets have its time, the number of the frame decides.
local function event_of(pinfo)
  local at = next(events) and time()
  local found = at and events[time_key(at.value.secs, at.value.nsecs)]
  if not found or not found.next then return found and found.text end
  while found and found.frame ~= pinfo.number do found = found.next end
  return found and found.text
end

function retis.dissector(_, pinfo, root)
  for _, comment in ipairs({ comments() }) do
    local text = comment.value
    if text:sub(1, 2) == '{"' then add_event_tree(root, text) end
  end
  local text = event_of(pinfo)
  if text then add_event_tree(root, text) end
end

register_postdissector(retis)
