/** This machine lacks a program that a reference needs; the message says which, in one line. */
export class MissingProgram extends Error {}
