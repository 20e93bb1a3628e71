import TL

/// Who we say we are. Keep it constant per account: a change looks like another device.
public struct ClientIdentity: Hashable, Sendable {
    /// The application's own id from https://my.telegram.org
    public var apiID: Int32
    public var deviceModel: String
    public var systemVersion: String
    public var appVersion: String
    /// IETF language tags.
    public var systemLanguage: String
    public var language: String

    public init(
        apiID: Int32, deviceModel: String = "Server", systemVersion: String = "Linux", appVersion: String = "1.0",
        systemLanguage: String = "en", language: String = "en"
    ) {
        self.apiID = apiID
        self.deviceModel = deviceModel
        self.systemVersion = systemVersion
        self.appVersion = appVersion
        self.systemLanguage = systemLanguage
        self.language = language
    }
}

/// Turns calls into bytes for one connection, wrapped as its state asks.
///
/// Until one answer has come, every call on a connection carries invokeWithLayer and initConnection around it.
/// Source: https://core.telegram.org/api/invoking
public struct RequestEncoder: Sendable {
    public let identity: ClientIdentity
    /// The layer that is declared, and in whose forms calls are written.
    public let layer: Int32
    /// Connections that should not be sent updates say so at every call.
    public let withoutUpdates: Bool
    public private(set) var isInitialised = false

    public init(identity: ClientIdentity, layer: Int32 = TL.newestLayer, withoutUpdates: Bool = false) {
        self.identity = identity
        self.layer = layer
        self.withoutUpdates = withoutUpdates
    }

    /// A connection was made anew, or the server said CONNECTION_NOT_INITED.
    public mutating func reset() { isInitialised = false }

    /// An answer (not an error of the connection's kind) came to a wrapped call.
    public mutating func answered() { isInitialised = true }

    /// The call as bytes. Throws when the layer has no such method or a field does not fit.
    public func encode(_ call: TLObject) throws(TLError) -> [UInt8] {
        try TL.encode(wrap(call), layer: layer)
    }

    func wrap(_ call: TLObject) -> TLObject {
        var query = call
        if withoutUpdates { query = TLObject("invokeWithoutUpdates", ["query": .object(query)]) }
        if isInitialised { return query }
        query = TLObject(
            "initConnection",
            [
                "api_id": .integer(Int64(identity.apiID)), "device_model": .string(identity.deviceModel),
                "system_version": .string(identity.systemVersion), "app_version": .string(identity.appVersion),
                "system_lang_code": .string(identity.systemLanguage), "lang_pack": "", "lang_code": .string(identity.language),
                "query": .object(query),
            ])
        return TLObject("invokeWithLayer", ["layer": .integer(Int64(layer)), "query": .object(query)])
    }
}
