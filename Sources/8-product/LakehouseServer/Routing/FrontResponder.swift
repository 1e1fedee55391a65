import Base
import Dispatch
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Answers every request: finds the route, reads the body, runs the handler, turns errors into the protocol's shape,
/// and counts.
struct FrontResponder: HTTPResponder {
    /// What Hummingbird hands over with a request; Tarn needs none of it on the way in.
    struct Context: InitializableFromSource {
        init(source: ApplicationRequestContextSource) {}
    }

    let table: RouteTable
    /// Counts what has no route.
    let unmatched: RouteMetrics
    let bodyLimitBytes: Int
    let logger: Logger

    func respond(to request: Request, context: Context) async throws -> Response {
        let started = DispatchTime.now().uptimeNanoseconds
        let path = request.uri.path
        switch table.match(request.method, path) {
        case .found(let route, let parameters):
            let response = await answer(request, route, parameters)
            route.metrics.record(
                status: response.status.code,
                microseconds: (DispatchTime.now().uptimeNanoseconds - started) / 1000)
            return response.response(withBody: request.method != .head)
        case .wrongMethod(let allowed, let errors):
            var response = errors.response(
                status: .methodNotAllowed, code: "METHOD_NOT_ALLOWED",
                message:
                    "\(path) does not take \(request.method.rawValue), only \(allowed.joined(separator: ", "))."
            )
            response.headers.append((.allow, allowed.joined(separator: ", ")))
            return record(response, request)
        case .unknownPath(let errors):
            return record(
                errors.response(
                    status: .notFound, code: "NOT_FOUND",
                    message: "There is nothing at \(path)."
                        + didYouMean(path, among: table.routes.map(\.pattern))),
                request)
        }
    }

    private func record(_ response: ServerResponse, _ request: Request) -> Response {
        unmatched.record(status: response.status.code, microseconds: 0)
        return response.response(withBody: request.method != .head)
    }

    private func answer(_ request: Request, _ route: Route, _ parameters: [String]) async -> ServerResponse {
        do {
            if let text = request.headers[.contentLength], let length = Int(text), length > bodyLimitBytes {
                return tooLarge(route)
            }
            let body = try await request.body.collect(upTo: bodyLimitBytes)
            return try await route.handler(
                ServerRequest(head: request.head, parameters: parameters, body: body))
        } catch let error as TarnError {
            let response = route.errors.response(for: error)
            if response.status.code >= 500 { log(error, route) }
            return response
        } catch is NIOTooManyBytesError {
            return tooLarge(route)
        } catch {
            let failure = TarnError(.internal, "Unexpected failure: \(error)", cause: error)
            log(failure, route)
            return route.errors.response(for: failure)
        }
    }

    private func log(_ error: TarnError, _ route: Route) {
        logger.error(
            "request failed",
            metadata: [
                "route": "\(route.method.rawValue) \(route.pattern)", "code": "\(error.code.rawValue)",
                "message": "\(error.message)",
            ])
    }

    private func tooLarge(_ route: Route) -> ServerResponse {
        route.errors.response(
            status: .contentTooLarge, code: "REQUEST_TOO_LARGE",
            message: "The request body is larger than \(bodyLimitBytes) bytes; send less at once, "
                + "or raise the setting server.body_limit.")
    }
}
