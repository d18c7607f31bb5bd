/** Written by build.ts; imported with `{ type: "file" }` it gives a path (a virtual one inside the executable). */
declare module "*/notices.txt" {
  const path: string;
  export default path;
}
