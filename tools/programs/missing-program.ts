/** This machine lacks a program that something optional needs; the message says which, in one line. */
export class MissingProgram extends Error {}
