// What Vite makes of imports that are no code.

declare module "*?url" {
  /** The file's address in the built page, relative to it. */
  const url: string;
  export default url;
}
declare module "*.css";
