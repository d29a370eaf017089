// The language service imports JSON as if it were a module, which Node.js does not do by itself.
import { register } from "node:module";

register("./json-loader.mjs", import.meta.url);
