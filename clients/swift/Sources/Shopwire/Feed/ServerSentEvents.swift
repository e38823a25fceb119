import Foundation

/// Parses a stream of Server-Sent Events, in pieces of any size.
///
/// Source: WHATWG HTML, "Server-sent events", "Interpreting an event stream".
struct ServerSentEvents {
  struct Event: Equatable {
    var name: String
    var data: String
    /// The stream's last ID, which may come from an earlier event.
    var id: String?
  }

  /// The last complete ID, also of an event without data.
  private(set) var lastID: String?
  /// How long the server asks to wait before reconnecting.
  private(set) var retry: Duration?
  private var line: [UInt8] = []
  private var isAfterCR = false
  private var pendingID: String?
  private var name = ""
  private var data: [String] = []

  /// - Returns: the events that these bytes complete
  mutating func parse(_ bytes: Data) -> [Event] {
    var events: [Event] = []
    for byte in bytes {
      let isSecondOfCRLF = isAfterCR && byte == UInt8(ascii: "\n")
      isAfterCR = byte == UInt8(ascii: "\r")
      if isSecondOfCRLF { continue }
      guard isAfterCR || byte == UInt8(ascii: "\n") else {
        line.append(byte)
        continue
      }
      if let event = endLine() { events.append(event) }
    }
    return events
  }

  private mutating func endLine() -> Event? {
    let text = String(decoding: line, as: UTF8.self)
    line.removeAll(keepingCapacity: true)
    if text.isEmpty { return dispatch() }
    let (field, value) = Self.split(text)
    switch field {
    case "event": name = value
    case "data": data.append(value)
    case "id" where !value.contains("\0"): pendingID = value
    case "retry" where value.allSatisfy(\.isNumber): retry = Int(value).map { .milliseconds($0) }
    default: break
    }
    return nil
  }

  private mutating func dispatch() -> Event? {
    lastID = pendingID ?? lastID
    pendingID = nil
    defer {
      name = ""
      data = []
    }
    if data.isEmpty { return nil }
    return Event(name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"), id: lastID)
  }

  private static func split(_ line: String) -> (Substring, String) {
    guard let colon = line.firstIndex(of: ":") else { return (line[...], "") }
    let value = line[line.index(after: colon)...]
    return (line[..<colon], String(value.hasPrefix(" ") ? value.dropFirst() : value))
  }
}
