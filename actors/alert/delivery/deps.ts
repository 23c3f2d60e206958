/**
 * The mailer, imported only when the first mail is sent: it would slow every start down.
 * @module
 */
export { createTransport } from "nodemailer";
