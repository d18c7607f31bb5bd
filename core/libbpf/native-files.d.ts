/** Shared libraries imported with `{ type: "file" }` give a path (a virtual one inside the executable). */
declare module "*.so" {
  const path: string;
  export default path;
}
