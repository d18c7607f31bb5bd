/** Not drops: what the kernel frees without a fault, and what it gives no reason for. */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";

export const noDropsAdvice: readonly DropAdvice[] = [
  { name: "CONSUMED", class: "normal", meaning: "Not a drop: the packet was delivered and consumed", causes: [], steps: [] },
  { name: "NOT_DROPPED_YET", class: "normal", meaning: "Not a drop: the packet is still being processed", causes: [], steps: [] },
  {
    name: "NOT_SPECIFIED",
    class: "unknown",
    meaning: "The kernel code that dropped the packet gives no reason",
    causes: ["A driver or a part of the stack without drop reasons", "A kernel before 5.17, which has no drop reasons"],
    steps: ["Find the function that dropped it: retis collect -c skb,skb-drop --stack", "Try a newer kernel: each adds reasons"],
  },
  {
    name: "QUEUE_PURGE",
    class: "normal",
    meaning: "A queue was emptied: the packets in it were freed together",
    causes: [
      "A socket was closed with unread data",
      "A device was taken down or removed",
      "A neighbour entry was removed while packets waited for it",
    ],
    steps: ["See which queue: retis collect -c skb,skb-drop --stack", "Nothing, unless the application lost data that it wanted"],
  },
];
