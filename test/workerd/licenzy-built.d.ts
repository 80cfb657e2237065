declare module "licenzy:built" {
  export * from "licenzy";
}
