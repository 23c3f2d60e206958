/**
 * What the tools alone use of others: the product never imports it.
 *
 * @module
 */
export { default as ts } from "typescript";
