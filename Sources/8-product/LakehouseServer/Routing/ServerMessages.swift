import Base
import Catalog
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import NIOCore

/// A request as a handler sees it: its body is read, its path is taken apart.
struct ServerRequest: Sendable {
    let head: HTTPRequest
    /// What the braces of the route's pattern stood for, decoded, in order.
    let parameters: [String]
    let body: ByteBuffer
    /// Who asks, and what his token is for.
    let caller: Caller
    /// The address that the connection came from, without its port.
    let clientAddress: String?

    /// Who asks; the local owner where the server needs no authentication.
    var principal: Principal { caller.principal }

    /// The body as JSON.
    ///
    /// - Throws: `.invalidInput` with the place of the mistake.
    func json() throws(TarnError) -> JSONValue {
        do { return try JSONValue.parse(body.readableBytesView, maximumDepth: 64) } catch {
            throw TarnError(.invalidInput, "The request body is not valid JSON: \(error).")
        }
    }

    /// The first value of a query parameter, decoded.
    func query(_ name: String) -> String? {
        guard let path = head.path, let mark = path.firstIndex(of: "?") else { return nil }
        for pair in path[path.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.first?.removingPercentEncoding == name {
                return parts.count > 1 ? parts[1].replacing("+", with: " ").removingPercentEncoding : ""
            }
        }
        return nil
    }
}

/// What a handler answers.
struct ServerResponse: Sendable {
    var status: HTTPResponse.Status
    var contentType: String
    var body: ByteBuffer
    var headers: [(HTTPField.Name, String)] = []

    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> ServerResponse {
        json(bytes: value.jsonBytes, status: status)
    }

    static func json(bytes: [UInt8], status: HTTPResponse.Status = .ok) -> ServerResponse {
        ServerResponse(status: status, contentType: "application/json", body: ByteBuffer(bytes: bytes))
    }

    static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> ServerResponse {
        ServerResponse(status: .ok, contentType: contentType, body: ByteBuffer(string: text))
    }

    func response(withBody: Bool) -> Response {
        var fields = HTTPFields()
        fields.reserveCapacity(4 + headers.count)
        fields[.contentType] = contentType
        for (name, value) in headers { fields[name] = value }
        let response = Response(status: status, headers: fields, body: ResponseBody(byteBuffer: body))
        return withBody ? response : response.createHeadResponse()
    }
}
