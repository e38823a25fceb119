import Foundation

/// An event as an outbox keeps it, in one JSON object: its fields, the ID of the shared session that it names (null for none any more), and how its
/// shopper joins that session, which a request has in its headers.
struct QueuedEvent: Hashable, Sendable {
  let event: PublishEvent
  let sharedSession: SharedSession?

  /// Reads what stands in the queue.
  static func read(_ json: Data) throws -> QueuedEvent {
    try JSONDecoder().decode(QueuedEvent.self, from: json)
  }

  /// True for the JSON of an event that names a shared session.
  static func namesSession(_ json: Data) -> Bool {
    json.range(of: sessionMember) != nil
  }

  private static let sessionMember = Data("\"\(CodingKeys.session.rawValue)\"".utf8)

  /// As a request sends it.
  var withoutGuest: QueuedEvent {
    QueuedEvent(event: event, sharedSession: sharedSession.map { SharedSession(id: $0.id) })
  }
}

extension QueuedEvent: Codable {
  private enum CodingKeys: String, CodingKey {
    case session = "shared_session"
    case name = "shared_session_name"
    case invite = "shared_session_invite"
  }

  init(from decoder: any Decoder) throws {
    event = try PublishEvent(from: decoder)
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    guard fields.contains(.session) else {
      sharedSession = nil
      return
    }
    sharedSession = SharedSession(
      id: try fields.decodeIfPresent(String.self, forKey: .session) ?? "",
      name: try fields.decodeIfPresent(String.self, forKey: .name),
      invite: try fields.decodeIfPresent(String.self, forKey: .invite))
  }

  func encode(to encoder: any Encoder) throws {
    try event.encode(to: encoder)
    guard let sharedSession else { return }
    var fields = encoder.container(keyedBy: CodingKeys.self)
    if sharedSession.id.isEmpty {
      try fields.encodeNil(forKey: .session)
    } else {
      try fields.encode(sharedSession.id, forKey: .session)
    }
    try fields.encodeIfPresent(sharedSession.name, forKey: .name)
    try fields.encodeIfPresent(sharedSession.invite, forKey: .invite)
  }
}
