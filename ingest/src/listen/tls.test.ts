import { expect, test } from 'vitest'
import { expiryRemark } from './tls.ts'

// Self-signed, CN=short, for one day, until Nov 21 09:21:34 2026 GMT.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUA4SUwWDQeg64TPmMC+2C7o5Cr+4wCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFc2hvcnQwHhcNMjYxMTIwMDkyMTM0WhcNMjYxMTIxMDkyMTM0
WjAQMQ4wDAYDVQQDDAVzaG9ydDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB2U
IdYGbpDLPqEtikgkQi6T19xMDaBxSebNznCx5jaD+8CjWsP1lCOpZcHRaaJAdKhP
Dr8+C7VWpNJ/7cgFv3ijUzBRMB0GA1UdDgQWBBQIVTXWBDWK2qxVFNAT6+Uvde6S
gTAfBgNVHSMEGDAWgBQIVTXWBDWK2qxVFNAT6+Uvde6SgTAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIDDBYI3+L1Y7PUIqolU2IsNeR8HVu8qdLjEu
107N8zuYAiEAzLvdbE8GHYjZoQN83or+WIfO+E9EoaJ0SJ3rIxeHZnA=
-----END CERTIFICATE-----`
const end = Date.UTC(2026, 10, 21, 9, 21, 34)
const day = 24 * 3_600_000

test('an end is told two weeks before it, and after it', () => {
  expect(expiryRemark(certificate, end - 15 * day)).toBeUndefined()
  expect(expiryRemark(certificate, end - 13 * day)).toContain('CN=short ends on Nov 21 09:21:34 2026 GMT')
  expect(expiryRemark(certificate, end + day)).toContain('CN=short ended on Nov 21 09:21:34 2026 GMT')
})
