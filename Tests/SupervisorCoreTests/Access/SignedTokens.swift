/// Tokens of another implementation (Python's cryptography), for subject 6f1b2c3d-0000-4000-8000-000000000001 from 1700000000 until 2000000000.
enum SignedTokens {
    /// The key set that has the public half of each, and a secret that it ought not to have.
    static let keySet = [
        #"{"keys":[{"kty":"RSA","kid":"rsa-1","use":"sig","alg":"RS256","n":"4FcwD8aXKhT4zhezxEN0wePc76Gs4T0eWwKgyUYG8FqzeTkw9Vxyn"#,
        #"Ag4JHYYOTBzxwfVl61M006TDDgi5-YfW2uifpYtv0UgXMyrdGw6PoGfa8Rw1Y19Az5cLoMWeDdPVnOE9Y7J5ZI89zuCFDEHNDY1GzTut4Ss4oZxS7TouXik0"#,
        #"LJ7RBhZrueMBioY1NDtgMPPIf8f7I5BXDdoRXz_oMD1QitRicTI0ZRL3eG7O3WJ2cR9JAOsGVKYmYX7XQu_KPW8uFWWv-3SPLBdU9v7T-cH3EI5Bmb6uOJ8H"#,
        #"gvpNN4_li3b83niULdOUo-bqEjQmk5Jb8WzD3akHNdgo4zbnw","e":"AQAB"},{"kty":"EC","kid":"ec-1","use":"sig","alg":"ES256","crv":"#,
        #""P-256","x":"zsE8omDmbAzPTnilnKV1x_37iMu5FqIV_aPzPSqtY6Y","y":"hxfmt449uAqAxC-23zhNMLk7Cn8_917BTIIoIUCIHcg"},{"kty":"OKP"#,
        #"","kid":"ed-1","alg":"EdDSA","crv":"Ed25519","x":"sVEB0w4WR8wsle8qhTF2W20Y7EMdREOlcrhEcwGaWwc"},{"kty":"oct","kid":"secr"#,
        #"et","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}"#,
    ].joined()
    static let rs256 = [
        #"eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJzdWIiOiI2ZjFiMmMzZC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCJy"#,
        #"b2xlIjoiYXV0aGVudGljYXRlZCIsImF1ZCI6ImF1dGhlbnRpY2F0ZWQiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTcwMDAwMDAwMH0.qg3onyKqkWhUuYcV"#,
        #"XsRkMT8cxRUZrUXfpDbfjcGCX2l7-Qzw3p2UnRtdfBiVQrhJk-UCLEo5bApdp0FGK2_hTfx_p7N7cKmoqEX_UTgeHwh6dDVXFpyfDqEhjMThs8Vua9s2e8Gl"#,
        #"uVR61j-ovp5we1tNjUT173g8hHJhtk1qsUXy6VOYxcDLcj-GFrbw4CF6N3sN3eglxwWrHSSpoew2dApUOLg_rahcGl7pb-Qc7XYaj9U5W1n7CarZ_3tfJyUD"#,
        #"U8aH1zXBMHSX7er099AFWwzLUx2tPoQi7uigj0-0h5M_RtPRmjTnjcRS1YQXdlQRQ54tquagpUrRB_AXYBEjvQ"#,
    ].joined()
    static let es256 = [
        #"eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiI2ZjFiMmMzZC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCJyb"#,
        #"2xlIjoiYXV0aGVudGljYXRlZCIsImF1ZCI6ImF1dGhlbnRpY2F0ZWQiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTcwMDAwMDAwMH0.X2QxCV-dX4yj4PREn"#,
        #"QYcz8WX_QvOx_4KKtfVPbn-PIwnp2YG777BvkqGpjl1VKgWUSmvxKyroL6bqpOqisHi7A"#,
    ].joined()
    static let edDSA = [
        #"eyJhbGciOiJFZERTQSIsImtpZCI6ImVkLTEifQ.eyJzdWIiOiI2ZjFiMmMzZC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCJyb2xlIjoiYXV0aGVud"#,
        #"GljYXRlZCIsImF1ZCI6ImF1dGhlbnRpY2F0ZWQiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTcwMDAwMDAwMH0.pfUVn6ozTUwNX08cqJiwa9cHRLBS7MP1c"#,
        #"qeqEqpQaE5Pq4e-s7vCg2AAfNYlP4VyQ_WiKeDhxlUrTiuDmtDBBQ"#,
    ].joined()
}
