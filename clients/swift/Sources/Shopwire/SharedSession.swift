import Foundation

/// The session in which a shopper in the shop shops together with friends.
///
/// Source: docs/publish.md, "A shared session"; contract/shared-session.ts.
public struct SharedSession: Hashable, Sendable, Codable {
  /// 1 to 64 letters, digits, `_`, `~` or `-`, as in the invite link. Empty: the basket belongs to no session any more.
  public var id: String
  /// What friends see the shopper as; nil for "In the shop".
  public var name: String?
  /// For a session that nobody may join without an invitation.
  public var invite: String?

  public init(id: String, name: String? = nil, invite: String? = nil) {
    self.id = id
    self.name = name
    self.invite = invite
  }

  var headers: [String: String] {
    guestHeaders.merging(["Shared-Session": id]) { first, _ in first }
  }

  /// How the shopper joins the session, which the events name themselves.
  var guestHeaders: [String: String] {
    var headers: [String: String] = [:]
    headers["Shared-Session-Name"] = name?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    headers["Shared-Session-Invite"] = invite
    return headers
  }
}
