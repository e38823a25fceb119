/** Whether answers may be sent to a reply subject, which the requester has chosen: it must not pass for an event, or be stored. */
export function isNotReserved(subject: string): boolean {
  return !/^(?:\$|(?:access|get|call|auth|event|system|conn)\.)/.test(subject)
}
