import Foundation

/// A basket action, as an app publishes it. The twelve fields of `POST /publish/{shop_id}`; all are required.
///
/// Source: docs/publish.md, "An event"; contract/publish-event.ts.
public struct PublishEvent: Hashable, Sendable {
  /// The session of the basket. A UUID version 4, as are all IDs here.
  public var sessionID: UUID
  public var shopID: UUID
  public var shopperID: UUID
  /// At most 2^53 - 1 in size.
  public var actionID: Int
  /// When it happened. The server keeps this text as it is.
  public var createTime: Timestamp
  public var action: Action
  public var productName: String
  /// At most 2^53 - 1 in size.
  public var productID: Int
  public var productPrice: Decimal
  public var upc: String
  public var categoryID: String
  public var basketTotal: Decimal

  public init(
    sessionID: UUID,
    shopID: UUID,
    shopperID: UUID,
    actionID: Int,
    createTime: Timestamp = Timestamp(),
    action: Action,
    productName: String,
    productID: Int,
    productPrice: Decimal,
    upc: String,
    categoryID: String,
    basketTotal: Decimal
  ) {
    self.sessionID = sessionID
    self.shopID = shopID
    self.shopperID = shopperID
    self.actionID = actionID
    self.createTime = createTime
    self.action = action
    self.productName = productName
    self.productID = productID
    self.productPrice = productPrice
    self.upc = upc
    self.categoryID = categoryID
    self.basketTotal = basketTotal
  }

  /// What a shopper did. Any other text is allowed, too: `Action(rawValue: "WISH")`.
  public struct Action: RawRepresentable, Hashable, Sendable, Codable {
    public var rawValue: String

    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    public static let add = Action(rawValue: "ADD")
    public static let remove = Action(rawValue: "REMOVE")
    public static let checkout = Action(rawValue: "CHECKOUT")
  }
}

extension PublishEvent: Codable {
  /// The names on the wire.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case sessionID = "session_id"
    case shopID = "shop_id"
    case shopperID = "shopper_id"
    case actionID = "action_id"
    case createTime = "create_time"
    case action = "action"
    case productName = "product_name"
    case productID = "product_id"
    case productPrice = "product_price"
    case upc = "UPC"
    case categoryID = "category_id"
    case basketTotal = "basket_total"
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    sessionID = try fields.decode(UUID.self, forKey: .sessionID)
    shopID = try fields.decode(UUID.self, forKey: .shopID)
    shopperID = try fields.decode(UUID.self, forKey: .shopperID)
    actionID = try fields.decode(Int.self, forKey: .actionID)
    createTime = try fields.decode(Timestamp.self, forKey: .createTime)
    action = try fields.decode(Action.self, forKey: .action)
    productName = try fields.decode(String.self, forKey: .productName)
    productID = try fields.decode(Int.self, forKey: .productID)
    productPrice = try fields.decodeAmount(forKey: .productPrice)
    upc = try fields.decode(String.self, forKey: .upc)
    categoryID = try fields.decode(String.self, forKey: .categoryID)
    basketTotal = try fields.decodeAmount(forKey: .basketTotal)
  }

  /// - Throws: `EncodingError` for an amount that is no number.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(sessionID.lowercased, forKey: .sessionID)
    try fields.encode(shopID.lowercased, forKey: .shopID)
    try fields.encode(shopperID.lowercased, forKey: .shopperID)
    try fields.encode(actionID, forKey: .actionID)
    try fields.encode(createTime, forKey: .createTime)
    try fields.encode(action, forKey: .action)
    try fields.encode(productName, forKey: .productName)
    try fields.encode(productID, forKey: .productID)
    try fields.encodeAmount(productPrice, forKey: .productPrice)
    try fields.encode(upc, forKey: .upc)
    try fields.encode(categoryID, forKey: .categoryID)
    try fields.encodeAmount(basketTotal, forKey: .basketTotal)
  }
}

/// An event of a shop's log, as a feed shows it.
///
/// Source: contract/publish-event.ts, `ShownEvent`.
@dynamicMemberLookup
public struct ShownEvent: Hashable, Sendable, Decodable {
  /// What was published. Its fields are also members of this value: `shown.productName`.
  public let event: PublishEvent
  /// The event's sequence in the log. It grows within a shop, with gaps.
  public let sequence: Int
  /// When the log got the event.
  public let receivedAt: Timestamp
  /// True when a producer sent this event after later ones, to fill a gap.
  public let isLate: Bool
  /// The ID of the shared session that the event names; nil for none.
  public let sharedSession: String?

  enum CodingKeys: String, CodingKey {
    case sequence = "seq"
    case receivedAt = "received_at"
    case isLate = "late"
    case sharedSession = "shared_session"
  }

  public init(from decoder: any Decoder) throws {
    event = try PublishEvent(from: decoder)
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    sequence = try fields.decode(Int.self, forKey: .sequence)
    receivedAt = try fields.decode(Timestamp.self, forKey: .receivedAt)
    isLate = try fields.decodeIfPresent(Bool.self, forKey: .isLate) ?? false
    sharedSession = try fields.decodeIfPresent(String.self, forKey: .sharedSession)
  }

  public subscript<Value>(dynamicMember field: KeyPath<PublishEvent, Value>) -> Value {
    event[keyPath: field]
  }
}

extension UUID {
  /// As the server writes it.
  var lowercased: String { uuidString.lowercased() }
}
