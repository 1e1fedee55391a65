import Audit
import Base
import Catalog
import HTTPTypes
import Hummingbird
import Identity
import Lakehouse
import NIOCore

/// One event a request, unless a statement that the request ran is its event.
///
/// What changed something is answered only once its event is on disk; what read waits for nothing.
struct RequestAudit: Sendable {
    let lake: Lakehouse

    /// A client's own request ids are taken if they are no longer.
    private static let longestRequestID = 128
    private static let requestIDName = HTTPField.Name("x-request-id")

    func answer(
        _ request: Request, _ route: Route, _ parameters: [String], _ channel: any Channel,
        _ body: () async -> ServerResponse
    ) async -> ServerResponse {
        // What cannot be recorded must not happen.
        if !route.isReading, let failure = lake.auditInUse?.failure {
            return route.errors.response(for: failure)
        }
        let trail = AuditTrail(
            door: route.surface?.rawValue ?? "http", requestID: requestID(request),
            clientAddress: channel.remoteAddress?.ipAddress)
        let response = await AuditTrail.$current.withValue(trail) { await body() }
        let isFailure = response.status.code >= 400
        if !isFailure, route.access == .open || route.auditName.runsStatement { return response }
        if trail.isRecorded { return response }
        let isDurable = !isFailure && !route.isReading
        do {
            try await lake.record(
                event(trail, route.auditName, parameters, response.status.code), isDurable: isDurable)
            return response
        } catch let error as TarnError {
            return isDurable ? route.errors.response(for: error) : response
        } catch { return response }
    }

    /// Asking for what is no route is of interest only where nobody knows who asked.
    func recordUnmatched(_ request: Request, _ response: ServerResponse, _ channel: any Channel) async {
        guard response.status == .unauthorized else { return }
        let trail = AuditTrail(
            door: "http", requestID: requestID(request), clientAddress: channel.remoteAddress?.ipAddress)
        // The answer is an error already, and a second one would say no more.
        try? await lake.record(
            event(trail, RouteName(request.method, "/unknown"), [], response.status.code), isDurable: false)
    }

    private func requestID(_ request: Request) -> String {
        if let name = Self.requestIDName, let given = request.headers[name], !given.isEmpty,
            given.utf8.count <= Self.longestRequestID
        {
            return given
        }
        return String(lake.random.next(), radix: 16)
    }

    private func event(
        _ trail: AuditTrail, _ name: RouteName, _ parameters: [String], _ status: Int
    ) -> AuditEvent {
        AuditEvent(
            timeMicroseconds: lake.time.nowMicroseconds(), principal: trail.principal ?? Self.nobody,
            action: name.action, objectKind: name.objectKind,
            objectName: parameters.isEmpty ? nil : parameters.joined(separator: "/"),
            outcome: Self.code(status), door: trail.door, requestID: trail.requestID,
            clientAddress: trail.clientAddress, details: status < 400 ? nil : ["status": .int(status)])
    }

    private static let nobody = Principal(
        id: "", kind: .user, name: "nobody", groupIDs: [], groupKeys: [])

    private static func code(_ status: Int) -> TarnError.Code? {
        switch status {
        case ..<400: nil
        case 401: .unauthenticated
        case 403: .permissionDenied
        case 404: .notFound
        case 409: .conflict
        case 413, 429: .resourceExhausted
        case 500...: .internal
        default: .invalidInput
        }
    }
}
