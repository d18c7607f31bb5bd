/** Pages of docs/ imported with `{ type: "text" }` give their content. */
declare module "*.md" {
  const text: string;
  export default text;
}
