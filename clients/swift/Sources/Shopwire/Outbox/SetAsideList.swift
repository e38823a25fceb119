import Foundation

/// An event that the server will not store as it is. The outbox does not send it again by itself.
public struct SetAsideEvent: Hashable, Sendable, Identifiable, Codable {
  public let id: String
  public let event: PublishEvent
  /// The shared session that it was queued with; nil for none.
  public let sharedSession: SharedSession?
  /// Why: the server's code, such as `system.invalidParams`; nil if it gave none.
  public let code: String?
  /// Why, for people.
  public let reason: String
  /// The wrong fields.
  public let errors: [Problem.Entry]
}

/// The events that were set aside, in one JSON file.
struct SetAsideList {
  private let url: URL
  private(set) var events: [SetAsideEvent]

  /// - Throws: `FileError`; a file that cannot be read as JSON is kept as `set-aside.unreadable`, and the list is empty
  init(_ url: URL) throws {
    self.url = url
    guard FileManager.default.fileExists(atPath: url.path) else {
      events = []
      return
    }
    let content = try Data(contentsOf: url)
    if let events = try? JSONDecoder().decode([SetAsideEvent].self, from: content) {
      self.events = events
      return
    }
    try Files.replace(url.deletingPathExtension().appendingPathExtension("unreadable"), with: content)
    events = []
  }

  /// Adds events at the end. An event that is there already, since a crash came before it was removed from the queue, is not added again.
  mutating func add(_ more: [SetAsideEvent]) throws {
    let known = Set(events.map(\.id))
    try replace(with: events + more.filter { !known.contains($0.id) })
  }

  mutating func remove(_ ids: Set<String>) throws {
    try replace(with: events.filter { !ids.contains($0.id) })
  }

  private mutating func replace(with new: [SetAsideEvent]) throws {
    if new == events { return }
    try Files.replace(url, with: JSONEncoder().encode(new))
    events = new
  }
}
