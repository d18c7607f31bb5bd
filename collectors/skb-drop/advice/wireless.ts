/**
 * Drop reasons of mac80211, the kernel's Wi-Fi stack (net/mac80211/drop.h): each says where a received frame was refused.
 * Until 6.12 some begin with `RX_DROP_M_` (seen by monitor interfaces), later all with `RX_DROP_U_`.
 */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";

type Causes = Pick<DropAdvice, "class" | "causes" | "steps">;

const seeStation = "See the station and its signal: iw dev DEVICE station dump";
const seeLog = "See what the supplicant or access point daemon logs: journalctl -u wpa_supplicant -u hostapd -u iwd";
const capture = "Capture the frames on a monitor interface: iw dev DEVICE interface add mon0 type monitor";

const security: Causes = {
  class: "problem",
  causes: ["Keys that differ between station and access point, e.g. after a failed rekey", "A forged or damaged frame"],
  steps: [seeLog, seeStation, "Reconnect the station, so that new keys are agreed on"],
};
const replayed: Causes = {
  class: "normal",
  causes: [
    "A frame that was sent again although it had arrived: usual with weak signal",
    "Many of them: a replay attack or a faulty driver",
  ],
  steps: [seeStation, "Watch how often it happens: retis stats FILE"],
};
const malformed: Causes = {
  class: "problem",
  causes: ["A faulty driver or firmware on one of the ends", "A forged frame", "A damaged frame that passed the checksum"],
  steps: [capture, "Update driver and firmware: ethtool -i DEVICE"],
};
const notForUs: Causes = {
  class: "normal",
  causes: ["Usual traffic of the radio channel that this interface does not use"],
  steps: ["Nothing, unless traffic that you expect is missing", capture],
};
const association: Causes = {
  class: "problem",
  causes: ["The station is not, or no longer, associated or authorized", "Frames that arrive during the handshake"],
  steps: [seeStation, seeLog],
};
const addressing: Causes = {
  class: "problem",
  causes: ["A bridge or repeater with four addresses (WDS) that only one end is set up for"],
  steps: ["See the setting: iw dev DEVICE info (4addr: on)", seeLog],
};
const mesh: Causes = {
  class: "normal",
  causes: ["Usual in a mesh: copies on other paths, stations that move, paths that change"],
  steps: ["See paths: iw dev DEVICE mpath dump", seeStation],
};
const memory: Causes = {
  class: "problem",
  causes: ["The host is short of memory"],
  steps: ["See memory: free -m; dmesg"],
};

const unprotected = "where the connection requires protected ones (802.11w)";

/** Reasons without `RX_DROP_U_`, what they mean, and why they happen. */
const meanings: readonly (readonly [name: string, meaning: string, why: Causes])[] = [
  ["MIC_FAIL", "The integrity check (MIC) of an encrypted frame failed", security],
  ["REPLAY", "The packet number of an encrypted frame is not newer than the last one", replayed],
  ["BAD_MMIE", "The integrity element of a management frame is missing or malformed", security],
  ["DUP", "A retransmission of a frame that was already received", replayed],
  ["SPURIOUS", "A data frame of a station that is not associated", association],
  ["SPURIOUS_NOTIF", "A data frame of an unknown station, which was reported to user space", association],
  ["DECRYPT_FAIL", "A frame could not be decrypted", security],
  ["NO_KEY_ID", "An encrypted frame has no key id", malformed],
  ["BAD_CIPHER", "A frame is encrypted with another cipher than the key", security],
  ["OOM", "No memory to process the frame", memory],
  ["NONSEQ_PN", "The packet numbers of the fragments of a frame are not consecutive", security],
  ["BAD_KEY_COLOR", "The fragments of a frame are encrypted with different keys", security],
  ["BAD_4ADDR", "A frame has four addresses, or has not, against the setting of the interface", addressing],
  ["BAD_AMSDU", "An aggregated frame (A-MSDU) is malformed", malformed],
  ["BAD_AMSDU_CIPHER", "An aggregated frame (A-MSDU) is encrypted with a cipher that does not allow it", security],
  ["INVALID_8023", "The frame cannot be converted to Ethernet", malformed],
  ["RUNT_ACTION", "An action frame is too short", malformed],
  ["UNPROT_ACTION", "An action frame is not protected though it must be", security],
  ["UNPROT_DUAL", `A public action frame that has a protected form is not protected ${unprotected}`, security],
  ["UNPROT_UCAST_MGMT", `A unicast management frame is not protected ${unprotected}`, security],
  ["UNPROT_MCAST_MGMT", `A multicast management frame is not protected ${unprotected}`, security],
  ["UNPROT_BEACON", "A beacon is not protected though the connection requires it", security],
  ["UNPROT_UNICAST_PUB_ACTION", `A unicast public action frame is not protected ${unprotected}`, security],
  ["UNPROT_ROBUST_ACTION", `A robust action frame is not protected ${unprotected}`, security],
  ["UNPROTECTED", "A data frame is not encrypted though the connection requires it", security],
  ["ACTION_UNKNOWN_SRC", "An action frame of an unknown station", notForUs],
  ["REJECTED_ACTION_RESPONSE", "The reply to an action frame that was rejected", notForUs],
  ["EXPECT_DEFRAG_PROT", "The fragments of a frame are protected differently", security],
  ["WEP_DEC_FAIL", "A WEP frame could not be decrypted", security],
  ["NO_IV", "An encrypted frame has no initialization vector", malformed],
  ["NO_ICV", "A WEP frame has no integrity check value", malformed],
  ["AP_RX_GROUPCAST", "A multicast frame sent to an access point, which only stations receive", malformed],
  ["SHORT_MMIC", "A TKIP frame is too short for its MIC", malformed],
  ["MMIC_FAIL", "The Michael MIC of a TKIP frame is wrong", security],
  ["SHORT_TKIP", "A TKIP frame is too short", malformed],
  ["TKIP_FAIL", "A TKIP frame could not be decrypted", security],
  ["SHORT_CCMP", "A CCMP frame is too short", malformed],
  ["SHORT_CCMP_MIC", "A CCMP frame is too short for its MIC", malformed],
  ["SHORT_GCMP", "A GCMP frame is too short", malformed],
  ["SHORT_GCMP_MIC", "A GCMP frame is too short for its MIC", malformed],
  ["SHORT_CMAC", "A management frame is too short for its CMAC", malformed],
  ["SHORT_CMAC256", "A management frame is too short for its 256-bit CMAC", malformed],
  ["SHORT_GMAC", "A management frame is too short for its GMAC", malformed],
  ["UNEXPECTED_VLAN_4ADDR", "A frame with four addresses on a VLAN interface that has no such station", addressing],
  ["UNEXPECTED_STA_4ADDR", "A frame with four addresses of a station that does not use them", addressing],
  ["UNEXPECTED_VLAN_MCAST", "A multicast frame on a VLAN interface that has no such station", addressing],
  ["UNEXPECTED_4ADDR", "A frame with four addresses where none is expected", addressing],
  ["UNEXPECTED_4ADDR_FRAME", "A frame with four addresses of a station that does not use them; user space is informed", addressing],
  ["NOT_PORT_CONTROL", "A data frame before the station is authorized, other than those of the handshake", association],
  ["PORT_CONTROL", "A frame of the handshake (EAPOL) that user space handles by itself", notForUs],
  ["UNEXPECTED_EXT_FRAME", "An extension frame where none is expected", notForUs],
  ["UNHANDLED_MGMT", "A management frame that nothing handles", notForUs],
  ["UNHANDLED_MGMT_STYPE", "A management frame of a subtype that nothing handles", notForUs],
  ["UNHANDLED_DEAUTH", "A deauthentication frame that does not concern a connection of this interface", notForUs],
  ["UNHANDLED_DISASSOC", "A disassociation frame that does not concern a connection of this interface", notForUs],
  ["UNHANDLED_PREQ", "A probe request that nothing handles", notForUs],
  ["UNKNOWN_ACTION_REJECTED", "An action frame of an unknown category: it was sent back as rejected", notForUs],
  ["UNKNOWN_MCAST_ACTION", "A multicast action frame of an unknown category", notForUs],
  ["MCAST_DEAUTH", "A deauthentication frame to a multicast address", notForUs],
  ["MCAST_DISASSOC", "A disassociation frame to a multicast address", notForUs],
  ["MCAST_FRAGMENT", "A fragment sent to a multicast address, which the standard forbids", malformed],
  ["NONBCAST_BEACON", "A beacon that is not sent to the broadcast address", malformed],
  ["EXPECTED_MGMT", "A frame of another type where a management frame is expected", malformed],
  ["RUNT_MGMT", "A management frame is too short", malformed],
  ["RUNT_DATA", "A data frame is too short", malformed],
  ["RUNT_BAR", "A block acknowledgment request is too short", malformed],
  ["RUNT_MESH_DATA", "A data frame of the mesh is too short", malformed],
  ["BAR_OUTSIDE_SESSION", "A block acknowledgment request without a session", association],
  ["CTRL_FRAME", "A control frame, which is handled elsewhere", notForUs],
  ["NULL_DATA", "A data frame without data: it only reports power saving", notForUs],
  ["MALFORMED_ACTION", "An action frame is malformed", malformed],
  ["AMSDU_WITHOUT_DATA", "An aggregated frame (A-MSDU) without data", malformed],
  ["KEY_TAINTED", "The key was used for something else before and may not be used any more", security],
  ["BAD_BCN_KEYIDX", "A protected beacon has the wrong key index", security],
  ["BAD_MGMT_KEYIDX", "A protected management frame has the wrong key index", security],
  ["DEFRAG_MISMATCH", "A fragment does not belong to the frame that is being reassembled", replayed],
  ["DEFRAG_OVERFLOW", "A frame has too many fragments", malformed],
  ["NO_LINK", "The frame belongs to a link that the interface does not have", association],
  ["UNKNOWN_STA", "A frame of an unknown station", association],
  ["MESH_DS_BITS", "A mesh frame whose direction bits are wrong", malformed],
  ["MESH_A3_MISMATCH", "The third address of a mesh frame does not match", malformed],
  ["MESH_A4_MISMATCH", "The fourth address of a mesh frame does not match", malformed],
  ["MESH_NO_A4", "A mesh frame without a fourth address", malformed],
  ["MESH_BAD_AE", "The address extension of a mesh frame is invalid", malformed],
  ["MESH_RMC", "A copy of a mesh frame that was already seen", mesh],
  ["MESH_NO_TTL", "A mesh frame arrived with a time to live of zero", mesh],
  ["MESH_TTL_EXPIRED", "The time to live of a mesh frame that should be forwarded is used up", mesh],
  ["MESH_NOT_FORWARDING", "A mesh frame should be forwarded, but this station does not forward", mesh],
  ["MESH_UNEXP_DATA", "A data frame of a station that is not a peer of the mesh", mesh],
  ["MESH_UNEXP_MGMT", "A management frame of a station that is not a peer of the mesh", mesh],
  ["MESH_WRONG_ACTION", "An action frame of the mesh of an unexpected kind", mesh],
];

/** Names of 6.4 to 6.12, for frames that monitor interfaces saw too. */
const formerNames: Readonly<Record<string, readonly string[]>> = {
  BAD_BCN_KEYIDX: ["RX_DROP_M_BAD_BCN_KEYIDX"],
  BAD_MGMT_KEYIDX: ["RX_DROP_M_BAD_MGMT_KEYIDX"],
  UNEXPECTED_4ADDR_FRAME: ["RX_DROP_M_UNEXPECTED_4ADDR_FRAME"],
};

export const wirelessAdvice: readonly DropAdvice[] = [
  {
    name: "RX_DROP_UNUSABLE",
    aliases: ["RX_DROP_MONITOR"],
    class: "unknown",
    meaning: "The Wi-Fi stack cannot use the frame, and gives no closer reason",
    causes: ["A frame for another station or network", "A malformed frame"],
    steps: ["Try a newer kernel: each adds reasons", capture],
  },
  ...meanings.map(([name, meaning, why]) => ({ name: `RX_DROP_U_${name}`, aliases: formerNames[name] ?? [], meaning, ...why })),
];
