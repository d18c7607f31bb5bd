/** Files imported with `{ type: "text" }` give their content. */
declare module "*.template" {
  const text: string;
  export default text;
}
declare module "*.h" {
  const text: string;
  export default text;
}
