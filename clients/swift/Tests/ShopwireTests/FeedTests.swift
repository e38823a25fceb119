import Foundation
import Testing

@testable import Shopwire

extension OnTheProduct {
  @Suite(.serialized) struct FeedTests {
    let shop = UUID()

    private func publish(_ numbers: ClosedRange<Int>) async throws {
      try await ShopwireClient(url: Product.edge).publish(numbers.map { sampleEvent(shop: shop, number: $0) })
    }

    /// The numbers of the next events.
    private func numbers(_ count: Int, of feed: ShopFeed) async throws -> [Int] {
      var numbers: [Int] = []
      for try await item in feed {
        if case .event(let shown) = item { numbers.append(shown.actionID) }
        if numbers.count == count { break }
      }
      return numbers
    }

    @Test func showsEventsAsTheyAreStored() async throws {
      let feed = ShopwireClient(url: Product.edge).feed(of: shop, after: 0)
      var iterator = feed.makeAsyncIterator()
      for number in 1...3 {
        try await publish(number...number)
        guard case .event(let shown) = try await iterator.next() else { throw TimedOut(what: "an event") }
        #expect(shown.actionID == number)
        #expect(shown.event == sampleEvent(shop: shop, number: number))
      }
    }

    @Test func givesTheHistoryAfterASequence() async throws {
      try await publish(1...5)
      let sequence = try await Product.stored(shop)[1].sequence
      let feed = ShopwireClient(url: Product.edge).feed(of: shop, after: sequence)
      #expect(try await numbers(3, of: feed) == [3, 4, 5])
    }

    /// The first connections bring only some bytes, so most break in the middle of an event.
    @Test func makesNoGapAndNoRepetitionWhenConnectionsBreak() async throws {
      try await publish(1...60)
      let cuts = (1...6).map { _ in PlayedDoor.Rule(do: "pass", cutAfterBytes: Int.random(in: 1...6000)) }
      let door = try await PlayedDoor(cuts)
      let feed = ShopwireClient(url: door.url, retry: quick).feed(of: shop, after: 0)
      async let seen = numbers(90, of: feed)
      try await publish(61...90)
      #expect(try await seen == Array(1...90))
      let requests = try await door.requests
      #expect(requests.count > 6)
      #expect(requests.first?.headers["last-event-id"] == "0")
    }

    @Test func comesBackAfterErrorsThatMayEnd() async throws {
      try await publish(1...2)
      let door = try await PlayedDoor([
        .init(do: "cut"), .answer(problem: "system.serviceUnavailable", 503, retryAfter: "0"), .answer(502),
        .answer(429),
        .answer(200, ["Content-Type": "text/html"], "<h1>Welcome</h1>"),
      ])
      #expect(try await numbers(2, of: ShopwireClient(url: door.url, retry: quick).feed(of: shop, after: 0)) == [1, 2])
      #expect(try await door.requests.count == 6)
    }

    /// They say nothing of the shop.
    @Test(arguments: [400, 401, 403, 404])
    func comesBackAfterARefusalThatIsAProxys(_ status: Int) async throws {
      try await publish(1...2)
      let door = try await PlayedDoor([.answer(status, ["Content-Type": "text/html"], "<h1>\(status)</h1>")])
      #expect(try await numbers(2, of: ShopwireClient(url: door.url, retry: quick).feed(of: shop, after: 0)) == [1, 2])
      #expect(try await door.requests.count == 2)
    }

    /// The other server must not get the token.
    @Test(.timeLimit(.minutes(1))) func followsNoRedirect() async throws {
      try await publish(1...1)
      let other = try await PlayedDoor()
      let target = other.url.appending(path: "stream/\(shop.lowercased)").absoluteString
      let door = try await PlayedDoor([.answer(307, ["Location": target])])
      #expect(try await numbers(1, of: ShopwireClient(url: door.url, retry: quick).feed(of: shop, after: 0)) == [1])
      #expect(try await other.requests.count == 0)
      #expect(try await door.requests.count == 2)
    }

    @Test(.timeLimit(.minutes(1))) func givesTheEventsBeforeAndAfterOneThatItCannotRead() async throws {
      let good = (1...2).map { number in
        let fields = String(decoding: try! JSON.data(of: sampleEvent(shop: shop, number: number)), as: UTF8.self)
        return "{\"seq\":\(number),\"received_at\":\"2023-12-18T10:30:00.000Z\",\(fields.dropFirst())"
      }
      let stream = [good[0], "{}", good[1]].map { "event: action\ndata: \($0)\n\n" }.joined()
      let door = try await PlayedDoor([.answer(200, ["Content-Type": "text/event-stream"], stream)])
      var iterator = ShopwireClient(url: door.url, retry: quick).feed(of: shop, after: 0).makeAsyncIterator()
      var seen: [String] = []
      for _ in 1...3 {
        do {
          guard case .event(let shown) = try await iterator.next() else { throw TimedOut(what: "an event") }
          seen.append("\(shown.actionID)")
        } catch is DecodingError {
          seen.append("unreadable")
        }
      }
      #expect(seen == ["1", "unreadable", "2"])
    }

    @Test func leavesAConnectionOnWhichNothingComes() async throws {
      try await publish(1...1)
      let door = try await PlayedDoor([.init(do: "mute"), .init(do: "hang")])
      var feed = ShopwireClient(url: door.url, retry: quick).feed(of: shop, after: 0)
      feed.silence = 3
      #expect(try await numbers(1, of: feed) == [1])
      #expect(try await door.requests.count >= 3)
    }

    @Test func throwsIfTheUserMayNotSeeTheShop() async throws {
      let client = ShopwireClient(url: Product.guardedEdge, token: { _ in Product.token })
      let problem = try await refusal { _ = try await numbers(1, of: client.feed(of: shop)) }
      #expect(problem.status == 403)
      let nobody = ShopwireClient(url: Product.guardedEdge)
      let missing = try await refusal { _ = try await numbers(1, of: nobody.feed(of: shop)) }
      #expect(missing.status == 401)
    }

    @Test func getsAFreshTokenToReconnect() async throws {
      let client = ShopwireClient(url: Product.guardedEdge, token: { $0 ? Product.token : Product.expiredToken })
      try await client.publish(sampleEvent(shop: Product.guardedShop))
      #expect(try await numbers(1, of: client.feed(of: Product.guardedShop, after: 0)).count == 1)
    }

    @Test func endsWithItsTask() async throws {
      let door = try await PlayedDoor()
      let feed = ShopwireClient(url: door.url).feed(of: shop)
      let task = Task { try await numbers(1, of: feed) }
      try await until("the connection") { try await door.requests.count == 1 }
      task.cancel()
      #expect(try await task.value == [])
    }

    @Test func givesASlowReaderEverything() async throws {
      for start in stride(from: 1, through: 6000, by: 1000) { try await publish(start...start + 999) }
      let feed = ShopwireClient(url: Product.edge, retry: quick).feed(of: shop, after: 0)
      var numbers: [Int] = []
      for try await case .event(let shown) in feed {
        numbers.append(shown.actionID)
        // Meanwhile more comes than may wait.
        if numbers.count == 1 { try await Task.sleep(for: .seconds(2)) }
        if numbers.count == 6000 { break }
      }
      #expect(numbers == Array(1...6000))
    }
  }
}
