/** Steps that several drop reasons share. */
export const seePath = "See where the packet was before: retis collect -c skb,skb-drop --stack";
export const seeDevice = "See the device: retis collect -c skb,skb-drop,dev";
export const offloads = "Check checksum offloads: ethtool -k DEVICE";
export const seeConnection = "See the state of the connection: ss -nti";
