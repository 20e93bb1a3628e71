/// The constructor ids of MTProto's own messages: https://core.telegram.org/schema/mtproto
enum Constructor {
    static let vector: UInt32 = 0x1cb5_c415

    // Key exchange
    static let reqPQ: UInt32 = 0x6046_9778
    static let reqPQMulti: UInt32 = 0xbe7e_8ef1
    static let resPQ: UInt32 = 0x0516_2463
    static let pqInnerData: UInt32 = 0x83c9_5aec
    static let pqInnerDataDC: UInt32 = 0xa9f5_5f95
    static let pqInnerDataTemp: UInt32 = 0x3c6a_84d4
    static let pqInnerDataTempDC: UInt32 = 0x56fd_df88
    static let reqDHParams: UInt32 = 0xd712_e4be
    static let serverDHParamsFail: UInt32 = 0x79cb_045d
    static let serverDHParamsOK: UInt32 = 0xd0e8_075c
    static let serverDHInnerData: UInt32 = 0xb589_0dba
    static let clientDHInnerData: UInt32 = 0x6643_b654
    static let setClientDHParams: UInt32 = 0xf504_5f1f
    static let dhGenOK: UInt32 = 0x3bcb_f734
    static let dhGenRetry: UInt32 = 0x46dc_1fb9
    static let dhGenFail: UInt32 = 0xa69d_ae02

    // Wrapping
    static let msgContainer: UInt32 = 0x73f1_f8dc
    static let msgCopy: UInt32 = 0xe060_46b2
    static let gzipPacked: UInt32 = 0x3072_cfa1

    // Service messages
    static let rpcResult: UInt32 = 0xf35c_6d01
    static let rpcError: UInt32 = 0x2144_ca19
    static let rpcDropAnswer: UInt32 = 0x58e4_a740
    static let rpcAnswerUnknown: UInt32 = 0x5e2a_d36e
    static let rpcAnswerDroppedRunning: UInt32 = 0xcd78_e586
    static let rpcAnswerDropped: UInt32 = 0xa43a_d8b7
    static let msgsAck: UInt32 = 0x62d6_b459
    static let badMsgNotification: UInt32 = 0xa7ef_f811
    static let badServerSalt: UInt32 = 0xedab_447b
    static let newSessionCreated: UInt32 = 0x9ec2_0908
    static let msgsStateReq: UInt32 = 0xda69_fb52
    static let msgsStateInfo: UInt32 = 0x04de_b57d
    static let msgsAllInfo: UInt32 = 0x8cc0_d131
    static let msgDetailedInfo: UInt32 = 0x276d_3ec6
    static let msgNewDetailedInfo: UInt32 = 0x809d_b6df
    static let msgResendReq: UInt32 = 0x7d86_1a08
    static let msgResendAnsReq: UInt32 = 0x8610_baeb
    static let getFutureSalts: UInt32 = 0xb921_bd04
    static let futureSalts: UInt32 = 0xae50_0895
    static let ping: UInt32 = 0x7abe_77ec
    static let pingDelayDisconnect: UInt32 = 0xf342_7b8c
    static let pong: UInt32 = 0x3477_73c5
    static let httpWait: UInt32 = 0x9299_359f
    static let destroySession: UInt32 = 0xe751_2126
    static let destroySessionOK: UInt32 = 0xe220_45fc
    static let destroySessionNone: UInt32 = 0x62d3_50c9
    static let destroyAuthKey: UInt32 = 0xd143_5160
    static let destroyAuthKeyOK: UInt32 = 0xf660_e1d4
    static let destroyAuthKeyNone: UInt32 = 0x0a9f_2259
    static let destroyAuthKeyFail: UInt32 = 0xea10_9b13
}
