import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Sends requests over one session, and gives each one's whole answer.
///
/// It follows no redirect: the redirect is the answer. It comes from the login page of a Wi-Fi, or a wrong address, which must not get the
/// events or the token. Uses a delegate of the session, because on Linux `URLSession.data(for:delegate:)` does not ask its own.
final class HTTPClient: Sendable {
  private let receiver = Receiver()
  private let session: URLSession

  init(configuration: URLSessionConfiguration) {
    session = URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
  }

  deinit {
    // Until then a session keeps its delegate.
    session.finishTasksAndInvalidate()
  }

  /// - Throws: `URLError` when there is no answer
  func answer(to request: URLRequest) async throws -> HTTPAnswer {
    try Task.checkCancellation()
    let task = session.dataTask(with: request)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        receiver.expect(Exchange(continuation), of: task)
        task.resume()
        // If it was cancelled before, its end may have come before anybody expected it.
        if Task.isCancelled { receiver.giveUp(task) }
      }
    } onCancel: {
      task.cancel()
    }
  }
}

/// A request whose answer has not come yet, or not all of it.
private struct Exchange {
  let continuation: CheckedContinuation<HTTPAnswer, any Error>
  var response: HTTPURLResponse?
  var body = Data()

  init(_ continuation: CheckedContinuation<HTTPAnswer, any Error>) {
    self.continuation = continuation
  }

  func end(with error: (any Error)? = nil) {
    if let error {
      continuation.resume(throwing: error)
    } else if let response {
      continuation.resume(returning: HTTPAnswer(response, body: body))
    } else {
      continuation.resume(throwing: URLError(.badServerResponse))
    }
  }
}

private final class Receiver: NSObject, URLSessionDataDelegate, Sendable {
  /// By the identifier of their tasks.
  private let exchanges = Locked<[Int: Exchange]>([:])

  func expect(_ exchange: Exchange, of task: URLSessionTask) {
    exchanges.withLock { $0[task.taskIdentifier] = exchange }
  }

  /// Ends the exchange of a cancelled task, unless it has ended.
  func giveUp(_ task: URLSessionTask) {
    take(task)?.end(with: URLError(.cancelled))
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    exchanges.withLock { $0[dataTask.taskIdentifier]?.response = response as? HTTPURLResponse }
    completionHandler(.allow)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    if var exchange = take(task) {
      exchange.response = response
      exchange.end()
    }
    completionHandler(nil)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    exchanges.withLock { $0[dataTask.taskIdentifier]?.body.append(data) }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    take(task)?.end(with: error)
  }

  private func take(_ task: URLSessionTask) -> Exchange? {
    exchanges.withLock { $0.removeValue(forKey: task.taskIdentifier) }
  }
}
