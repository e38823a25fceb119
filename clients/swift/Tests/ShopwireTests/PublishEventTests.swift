import Foundation
import Testing

@testable import Shopwire

@Suite struct PublishEventTests {
  @Test func hasTheNamesOfTheContractOnTheWire() throws {
    let shop = UUID(uuidString: "123E4567-E89B-42D3-A456-426614174000")!
    let text = String(decoding: try JSON.data(of: sampleEvent(shop: shop)), as: UTF8.self)
    #expect(
      text == """
        {"UPC":"042100005264","action":"ADD","action_id":101,"basket_total":12.18,"category_id":"fruit",\
        "create_time":"2023-12-18T10:30:00.000Z","product_id":500100,"product_name":"FUJI Apples","product_price":3.5,\
        "session_id":"4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94","shop_id":"123e4567-e89b-42d3-a456-426614174000",\
        "shopper_id":"ab29b2d3-7c8a-446e-a4e1-d8e2a51c0e94"}
        """)
  }

  @Test func readsWhatItHasWritten() throws {
    let event = sampleEvent(name: "Äpfel \"süß\" 🍎 / \\ \u{2028}")
    #expect(try JSONDecoder().decode(PublishEvent.self, from: JSON.data(of: event)) == event)
  }

  @Test func ignoresFieldsThatItDoesNotKnow() throws {
    var object = try JSONSerialization.jsonObject(with: JSON.data(of: sampleEvent())) as! [String: Any]
    object["seq"] = 42
    object["received_at"] = "2026-11-25T10:30:00.123Z"
    object["later"] = ["of": ["another", "version"]]
    let shown = try JSONDecoder().decode(ShownEvent.self, from: JSONSerialization.data(withJSONObject: object))
    #expect(shown.sequence == 42)
    #expect(shown.receivedAt.description == "2026-11-25T10:30:00.123Z")
    #expect(shown.productName == "FUJI Apples")
    #expect(!shown.isLate)
    #expect(shown.sharedSession == nil)
  }

  @Test func namesASharedSessionBesideItsFields() throws {
    let event = sampleEvent()
    #expect(try JSON.data(of: QueuedEvent(event: event, sharedSession: nil)) == JSON.data(of: event))
    let named = try JSON.data(of: QueuedEvent(event: event, sharedSession: SharedSession(id: "party~1")))
    #expect(String(decoding: named, as: UTF8.self).contains("\"shared_session\":\"party~1\""))
    #expect(try JSONDecoder().decode(PublishEvent.self, from: named) == event)
    let sessions = [SharedSession(id: "party~1", name: "Zoë", invite: "text"), SharedSession(id: ""), nil]
    for queued in sessions.map({ QueuedEvent(event: event, sharedSession: $0) }) {
      let json = try JSON.data(of: queued)
      #expect(try QueuedEvent.read(json) == queued)
      #expect(QueuedEvent.namesSession(json) == (queued.sharedSession != nil))
    }
  }

  @Test func namesASharedSessionInHeaders() {
    let session = SharedSession(id: "party~1", name: "Zoë 50%", invite: "text")
    #expect(
      session.headers == [
        "Shared-Session": "party~1", "Shared-Session-Name": "Zo%C3%AB%2050%25", "Shared-Session-Invite": "text",
      ])
    #expect(SharedSession(id: "").headers == ["Shared-Session": ""])
  }

  @Test func takesAnyOtherAction() throws {
    var event = sampleEvent()
    event.action = PublishEvent.Action(rawValue: "WISH")
    #expect(try JSONDecoder().decode(PublishEvent.self, from: JSON.data(of: event)).action.rawValue == "WISH")
  }
}

@Suite struct AmountTests {
  /// Amounts that are not exact as binary fractions, and the texts that JavaScript writes for very small and very large numbers.
  @Test(arguments: [
    "0", "0.1", "0.2", "0.3", "3.3", "3.5", "12.18", "-4.35", "1.005", "2.675", "1234567.89", "9007199254740991",
    "0.000001",
    "123456789012.345", "99999999999.99", "0.07", "1e-7", "1.5e-9",
  ])
  func keepsEveryDigit(_ text: String) throws {
    var event = sampleEvent()
    event.productPrice = Decimal(string: text)!
    let json = try JSON.data(of: event)
    #expect(try JSONDecoder().decode(PublishEvent.self, from: json).productPrice == event.productPrice)
    // As the server writes it.
    let kept = Data(
      String(decoding: json, as: UTF8.self).replacing(
        "\"product_price\":\(event.productPrice)", with: "\"product_price\":\(text)"
      ).utf8)
    #expect(try JSONDecoder().decode(PublishEvent.self, from: kept).productPrice == event.productPrice)
  }

  private func amountOnTheWire(_ amount: Decimal) throws -> Decimal {
    var event = sampleEvent()
    event.basketTotal = amount
    return try JSONDecoder().decode(PublishEvent.self, from: JSON.data(of: event)).basketTotal
  }

  @Test func keepsEveryCent() throws {
    for cents in stride(from: 0, through: 10_000_000, by: 9973) {
      #expect(try amountOnTheWire(Decimal(cents) / 100) == Decimal(cents) / 100)
    }
  }

  /// Swift makes an amount with 17 digits of many a literal, and of an app's `Double`.
  @Test func takesAwayWhatABinaryNumberHasAdded() throws {
    #expect(0.46 as Decimal != Decimal(46) / 100)
    for cents in 0..<20_000 { #expect(try amountOnTheWire(Decimal(Double(cents) / 100)) == Decimal(cents) / 100) }
  }

  @Test(arguments: [
    ("0.12345678901234567", "0.123456789012346"), ("3.2999999999999998224", "3.3"),
    ("-17.989999999999997952", "-17.99"),
    ("123456789012345678", "123456789012346000"), ("0.000000000123456789012345678", "0.000000000123456789012346"),
  ])
  func roundsDigitsThatTheServerWouldRound(_ text: String, _ kept: String) throws {
    #expect(try amountOnTheWire(Decimal(string: text)!) == Decimal(string: kept)!)
  }

  @Test func refusesWhatIsNoNumber() {
    var event = sampleEvent()
    event.basketTotal = .nan
    #expect(throws: EncodingError.self) { try JSON.data(of: event) }
    #expect(Decimal(keptAs: .infinity) == nil)
  }
}
