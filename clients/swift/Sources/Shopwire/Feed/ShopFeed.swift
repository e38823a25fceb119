import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// What comes from a feed.
public enum FeedItem: Hashable, Sendable {
  /// The next event of the shop's log.
  case event(ShownEvent)
  /// A shopper was erased. Delete your copies of the events with these sequences.
  case erased([Int])
  /// The server has another log now, whose events follow from its beginning. Forget what you have.
  case restarted
}

/// The events of a shop, live, in the log's order, each one once. It reconnects by itself, and then continues after the last event, so a
/// lost connection makes no gap. A slow reader gets everything later.
///
/// The iteration ends when its task is cancelled.
///
/// Source: docs/history.md, "A shop's events as a stream".
public struct ShopFeed: AsyncSequence, Sendable {
  public typealias Element = FeedItem

  let client: ShopwireClient
  let shop: UUID
  let after: Int?
  /// The server sends a comment every 15 s. A connection without any byte for as long as this, in seconds, is dead.
  var silence: TimeInterval = 45

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(self)
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    private let feed: ShopFeed
    private var connection: Connection?
    /// What was read and is not given yet.
    private var events: ArraySlice<ServerSentEvents.Event> = []
    /// The ID of the last event that was read.
    private var position: String?
    /// How many connections in a row have brought nothing.
    private var failures = 0
    /// The pause before reconnecting that the server asks for.
    private var pause: Duration?

    init(_ feed: ShopFeed) {
      self.feed = feed
      position = feed.after.map(String.init)
    }

    /// - Throws: `Problem` when this user may not see the shop (401, 403), or the shop's ID is wrong (422) ·
    ///   `DecodingError` for an event that this version cannot read, after the events before it
    public mutating func next() async throws -> FeedItem? {
      while true {
        while let event = events.popFirst() {
          if let item = try Self.item(of: event) { return item }
        }
        if Task.isCancelled { return nil }
        do {
          try await read()
        } catch let problem as Problem where problem.isFromShopwire && !problem.isTemporary {
          throw problem
        } catch {
          connection = nil
          failures += 1
          try? await Task.sleep(for: delay(after: error), clock: .continuous)
        }
      }
    }

    /// Reads the next piece of the stream.
    private mutating func read() async throws {
      var current =
        if let connection { connection } else { try await Connection.open(feed, after: position) }
      let bytes = try await current.nextBytes()
      events += current.parser.parse(bytes)
      position = current.parser.lastID ?? position
      pause = current.parser.retry ?? pause
      connection = current
      failures = 0
    }

    /// A server that closes the stream says when to come back. If that fails, the pauses grow.
    private func delay(after error: any Error) -> Duration {
      let asked = (error as? Problem)?.retryAfter
      if failures == 1, let pause { return Swift.max(pause, asked ?? .zero) }
      return feed.client.retry.delay(after: failures, retryAfter: asked)
    }

    private static func item(of event: ServerSentEvents.Event) throws -> FeedItem? {
      let data = Data(event.data.utf8)
      switch event.name {
      case "action": return .event(try JSONDecoder().decode(ShownEvent.self, from: data))
      case "erased": return .erased(try JSONDecoder().decode(Erased.self, from: data).seqs)
      case "restart": return .restarted
      // Of a later version of the server.
      default: return nil
      }
    }

    private struct Erased: Decodable {
      let seqs: [Int]
    }
  }
}

/// One connection of a feed.
private struct Connection {
  var parser = ServerSentEvents()
  private let stream: ByteStream
  private var parts: AsyncThrowingStream<ByteStream.Part, any Error>.AsyncIterator

  /// - Throws: `Problem` if the server refuses
  static func open(_ feed: ShopFeed, after position: String?) async throws -> Connection {
    let configuration = feed.client.configuration.copy() as! URLSessionConfiguration
    configuration.timeoutIntervalForRequest = feed.silence
    var request = URLRequest(url: feed.client.url.appending(path: "stream/\(feed.shop.lowercased)"))
    request.timeoutInterval = feed.silence
    request.setValue("text/event-stream", forHTTPHeaderField: "Accept")
    request.setValue(position, forHTTPHeaderField: "Last-Event-ID")
    let first = try await feed.client.authorized(request)
    do {
      return try await Connection(first, configuration: configuration)
    } catch let problem as Problem where ShopwireClient.asksForFreshToken(problem.status) {
      guard let fresh = try await feed.client.authorizedAfresh(first) else { throw problem }
      return try await Connection(fresh, configuration: configuration)
    }
  }

  private init(_ request: URLRequest, configuration: URLSessionConfiguration) async throws {
    stream = ByteStream(request, configuration: configuration)
    parts = stream.parts.makeAsyncIterator()
    guard case .head(let response) = try await parts.next() else { throw URLError(.badServerResponse) }
    let isStream = response.value(forHTTPHeaderField: "Content-Type")?.hasPrefix("text/event-stream") == true
    if response.statusCode == 200 && isStream { return }
    if response.statusCode < 300 { throw UnexpectedAnswer(status: response.statusCode) }
    var body = Data()
    while let bytes = try? await nextBytes() { body += bytes }
    throw Problem(HTTPAnswer(response, body: body))
  }

  /// - Throws: `URLError` at the end of the stream
  mutating func nextBytes() async throws -> Data {
    guard case .body(let bytes) = try await parts.next() else { throw URLError(.networkConnectionLost) }
    stream.didRead(bytes)
    return bytes
  }
}
