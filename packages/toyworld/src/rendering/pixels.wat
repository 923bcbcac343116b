;; The loops over pixels, for pixels.ts. Made into pixels.wasm by scripts/make-wasm.ts.
;; Bytes are those of arithmetic in double precision in the order of the formulas, so that they are the same on every machine. Most pixels take a shorter way
;; to the same bytes: four at once in single precision. Where one of their values is so near to a rounding limit (`close`, larger than the error of single
;; precision) that it could be rounded to another byte, the four are computed again in double precision.
;; A picture is RGB, row by row; 16 bytes after its end may be read. A field is float32 with rows of `size` + 4 numbers: the first four numbers of a row stand
;; again at its end, so that four pixels side by side can be read at once. Index 255 of a swizzle gives 0.
(module
  (memory (export "memory") 1)

  ;; Where the row of a field for a row of the picture begins, in bytes: the field wraps around.
  (func $rowOf (param $y i32) (param $size i32) (result i32)
    (i32.mul
      (select (local.get $y) (i32.sub (local.get $y) (local.get $size)) (i32.lt_s (local.get $y) (local.get $size)))
      (i32.shl (i32.add (local.get $size) (i32.const 4)) (i32.const 2))))

  ;; Two doubles as integers, each in the lower half of its lane: 1.5 x 2^52 leaves no bits for a fraction, so the sum is rounded, to even.
  (func $rounded (param $v v128) (result v128)
    (f64x2.add (local.get $v) (f64x2.splat (f64.const 6755399441055744))))

  ;; Stores two pixels of which each vector has one channel: rounded to even as Uint8ClampedArray rounds, and clamped. Only the first if `one`.
  (func $storeTwo (param $at i32) (param $r v128) (param $g v128) (param $b v128) (param $one i32)
    (local $bytes v128)
    (local.set $bytes
      (i8x16.swizzle
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (call $rounded (local.get $r)) (call $rounded (local.get $g)))
            (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (call $rounded (local.get $b)) (local.get $b)))
          (v128.const i32x4 0 0 0 0))
        (v128.const i8x16 0 2 4 1 3 5 255 255 255 255 255 255 255 255 255 255)))
    (if (local.get $one)
      (then
        (v128.store16_lane 0 (local.get $at) (local.get $bytes))
        (v128.store8_lane offset=2 2 (local.get $at) (local.get $bytes)))
      (else
        (v128.store32_lane 0 (local.get $at) (local.get $bytes))
        (v128.store16_lane offset=4 2 (local.get $at) (local.get $bytes)))))

  ;; The channel at byte `c` of two pixels side by side, as doubles.
  (func $red (param $at i32) (result v128)
    (f64x2.convert_low_i32x4_s (i8x16.swizzle (v128.load64_zero (local.get $at)) (v128.const i8x16 0 255 255 255 3 255 255 255 255 255 255 255 255 255 255 255))))
  (func $green (param $at i32) (result v128)
    (f64x2.convert_low_i32x4_s (i8x16.swizzle (v128.load64_zero (local.get $at)) (v128.const i8x16 1 255 255 255 4 255 255 255 255 255 255 255 255 255 255 255))))
  (func $blue (param $at i32) (result v128)
    (f64x2.convert_low_i32x4_s (i8x16.swizzle (v128.load64_zero (local.get $at)) (v128.const i8x16 2 255 255 255 5 255 255 255 255 255 255 255 255 255 255 255))))

  ;; One channel of four pixels side by side, as float32: `c` has the places of its bytes.
  (func $reds (param $pixels v128) (result v128)
    (f32x4.convert_i32x4_s (i8x16.swizzle (local.get $pixels) (v128.const i8x16 0 255 255 255 3 255 255 255 6 255 255 255 9 255 255 255))))
  (func $greens (param $pixels v128) (result v128)
    (f32x4.convert_i32x4_s (i8x16.swizzle (local.get $pixels) (v128.const i8x16 1 255 255 255 4 255 255 255 7 255 255 255 10 255 255 255))))
  (func $blues (param $pixels v128) (result v128)
    (f32x4.convert_i32x4_s (i8x16.swizzle (local.get $pixels) (v128.const i8x16 2 255 255 255 5 255 255 255 8 255 255 255 11 255 255 255))))

  ;; 1.5 x 2^23 + the nearest integer: that sum has no bits for a fraction, so it is rounded, to even. Its lower bits are the integer, for -2^22 ... 2^22.
  (func $nearest (param $v v128) (result v128)
    (f32x4.add (local.get $v) (f32x4.splat (f32.const 12582912))))

  ;; The integer in a sum of $nearest, as int32. Converting it would take seven times as long.
  (func $integer (param $nearest v128) (result v128)
    (i32x4.sub (local.get $nearest) (i32x4.splat (i32.const 0x4b400000))))

  ;; Where a value is nearer than `close` to the middle of two integers, all bits of a lane. `nearest` is as $nearest gives it.
  (func $unsure (param $v v128) (param $nearest v128) (param $close f32) (result v128)
    (f32x4.gt
      (f32x4.abs (f32x4.sub (local.get $v) (f32x4.sub (local.get $nearest) (f32x4.splat (f32.const 12582912)))))
      (f32x4.splat (f32.sub (f32.const 0.5) (local.get $close)))))

  ;; Stores four pixels of which each vector has one channel, and returns 1, unless one of the values is unsure.
  (func $storeFour (param $at i32) (param $r v128) (param $g v128) (param $b v128) (param $close f32) (result i32)
    (local $r0 v128) (local $g0 v128) (local $b0 v128)
    (local.set $r0 (call $nearest (local.get $r)))
    (local.set $g0 (call $nearest (local.get $g)))
    (local.set $b0 (call $nearest (local.get $b)))
    (if
      (v128.any_true
        (v128.or
          (call $unsure (local.get $r) (local.get $r0) (local.get $close))
          (v128.or
            (call $unsure (local.get $g) (local.get $g0) (local.get $close))
            (call $unsure (local.get $b) (local.get $b0) (local.get $close)))))
      (then (return (i32.const 0))))
    (local.set $b0 (call $integer (local.get $b0)))
    (call $storeTwelve (local.get $at)
      (i8x16.swizzle
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (call $integer (local.get $r0)) (call $integer (local.get $g0)))
          (i16x8.narrow_i32x4_s (local.get $b0) (local.get $b0)))
        (v128.const i8x16 0 4 8 1 5 9 2 6 10 3 7 11 255 255 255 255)))
    (i32.const 1))

  (func $storeTwelve (param $at i32) (param $bytes v128)
    (v128.store64_lane 0 (local.get $at) (local.get $bytes))
    (v128.store32_lane offset=8 2 (local.get $at) (local.get $bytes)))

  ;; For each byte: the sum of its taps, each a byte times a weight, plus `half`, divided by `scale`; then times `factor`; both rounded down and at most 255.
  ;; Sums are below 2^24, so a float32 has them, and its quotients reach no integer that the exact ones do not reach.
  ;; `taps` is a list of `pairs` records of int32: the address of the first byte of one tap and of another, and their two weights as int16. 16 bytes are
  ;; written at a time, so up to 15 after `length` are written too.
  (func (export "weigh") (param $taps i32) (param $pairs i32) (param $to i32) (param $length i32) (param $half i32) (param $scale f32) (param $factor f32)
    (local $i i32) (local $tap i32) (local $end i32) (local $a v128) (local $b v128) (local $low v128) (local $weights v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $end (i32.add (local.get $taps) (i32.mul (local.get $pairs) (i32.const 12))))
    (loop $next
      (local.set $s0 (i32x4.splat (local.get $half)))
      (local.set $s1 (local.get $s0))
      (local.set $s2 (local.get $s0))
      (local.set $s3 (local.get $s0))
      (local.set $tap (local.get $taps))
      (loop $more
        (local.set $a (v128.load (i32.add (i32.load (local.get $tap)) (local.get $i))))
        (local.set $b (v128.load (i32.add (i32.load offset=4 (local.get $tap)) (local.get $i))))
        (local.set $weights (v128.load32_splat offset=8 (local.get $tap)))
        (local.set $low (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $b)))
        (local.set $a (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $b)))
        (local.set $s0 (i32x4.add (local.get $s0) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $low)) (local.get $weights))))
        (local.set $s1 (i32x4.add (local.get $s1) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $low)) (local.get $weights))))
        (local.set $s2 (i32x4.add (local.get $s2) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $a)) (local.get $weights))))
        (local.set $s3 (i32x4.add (local.get $s3) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $a)) (local.get $weights))))
        (br_if $more (i32.lt_u (local.tee $tap (i32.add (local.get $tap) (i32.const 12))) (local.get $end))))
      (v128.store (i32.add (local.get $to) (local.get $i))
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (call $scaled (local.get $s0) (local.get $scale) (local.get $factor))
            (call $scaled (local.get $s1) (local.get $scale) (local.get $factor)))
          (i16x8.narrow_i32x4_s
            (call $scaled (local.get $s2) (local.get $scale) (local.get $factor))
            (call $scaled (local.get $s3) (local.get $scale) (local.get $factor)))))
      (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $length)))))

  ;; Sums that are not negative, divided by `scale`, at most 255, times `factor`.
  (func $scaled (param $sums v128) (param $scale f32) (param $factor f32) (result v128)
    (i32x4.trunc_sat_f32x4_s
      (f32x4.mul
        (f32x4.trunc (f32x4.pmin (f32x4.div (f32x4.convert_i32x4_s (local.get $sums)) (f32x4.splat (local.get $scale))) (f32x4.splat (f32.const 255))))
        (f32x4.splat (local.get $factor)))))

  ;; As weigh, for a mask that is the same on both sides of its middle and divides by a power of two, which is most masks: with sums of 16 bits, eight at once.
  ;; `taps` is a list of records of int32 up to `end`: the address of the first byte of one tap and of the opposite one, and their weight. The first record is of the
  ;; middle, which is alone. Bit 16 of a weight ends a group of taps whose sum is below 2^16. The sum of all is kept as two halves and a rest: 2 h + r.
  ;; (2 h + r + half) >> shift = (h + half / 2) >> (shift - 1): `half` and `shift` are given as they are on the right.
  ;; `limits` are `steps` bytes: a result that reaches k of them gets k added. 32 bytes are written at a time, so up to 31 after `length` are written too.
  (func (export "smooth")
    (param $taps i32) (param $end i32) (param $to i32) (param $length i32) (param $half i32) (param $shift i32) (param $limits i32) (param $steps i32)
    (local $i i32) (local $tap i32) (local $a i32) (local $b i32) (local $weight v128) (local $one v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local $h0 v128) (local $h1 v128) (local $h2 v128) (local $h3 v128)
    (local $r0 v128) (local $r1 v128) (local $r2 v128) (local $r3 v128)
    (local.set $one (i16x8.splat (i32.const 1)))
    (loop $next
      (local.set $tap (local.get $taps))
      (local.set $a (i32.add (i32.load (local.get $tap)) (local.get $i)))
      (local.set $weight (i16x8.splat (i32.load offset=8 (local.get $tap))))
      (local.set $s0 (i16x8.mul (v128.load8x8_u offset=0 (local.get $a)) (local.get $weight)))
      (local.set $h0 (i16x8.splat (local.get $half)))
      (local.set $r0 (v128.const i32x4 0 0 0 0))
      (local.set $s1 (i16x8.mul (v128.load8x8_u offset=8 (local.get $a)) (local.get $weight)))
      (local.set $h1 (i16x8.splat (local.get $half)))
      (local.set $r1 (v128.const i32x4 0 0 0 0))
      (local.set $s2 (i16x8.mul (v128.load8x8_u offset=16 (local.get $a)) (local.get $weight)))
      (local.set $h2 (i16x8.splat (local.get $half)))
      (local.set $r2 (v128.const i32x4 0 0 0 0))
      (local.set $s3 (i16x8.mul (v128.load8x8_u offset=24 (local.get $a)) (local.get $weight)))
      (local.set $h3 (i16x8.splat (local.get $half)))
      (local.set $r3 (v128.const i32x4 0 0 0 0))
      (loop $more
        (if (i32.shr_u (i32.load offset=8 (local.get $tap)) (i32.const 16))
          (then
            (local.set $r0 (i16x8.add (local.get $r0) (local.get $s0)))
            (local.set $h0 (i16x8.add_sat_u (local.get $h0) (i16x8.shr_u (local.get $r0) (i32.const 1))))
            (local.set $r0 (v128.and (local.get $r0) (local.get $one)))
            (local.set $s0 (v128.const i32x4 0 0 0 0))
            (local.set $r1 (i16x8.add (local.get $r1) (local.get $s1)))
            (local.set $h1 (i16x8.add_sat_u (local.get $h1) (i16x8.shr_u (local.get $r1) (i32.const 1))))
            (local.set $r1 (v128.and (local.get $r1) (local.get $one)))
            (local.set $s1 (v128.const i32x4 0 0 0 0))
            (local.set $r2 (i16x8.add (local.get $r2) (local.get $s2)))
            (local.set $h2 (i16x8.add_sat_u (local.get $h2) (i16x8.shr_u (local.get $r2) (i32.const 1))))
            (local.set $r2 (v128.and (local.get $r2) (local.get $one)))
            (local.set $s2 (v128.const i32x4 0 0 0 0))
            (local.set $r3 (i16x8.add (local.get $r3) (local.get $s3)))
            (local.set $h3 (i16x8.add_sat_u (local.get $h3) (i16x8.shr_u (local.get $r3) (i32.const 1))))
            (local.set $r3 (v128.and (local.get $r3) (local.get $one)))
            (local.set $s3 (v128.const i32x4 0 0 0 0))))
        (if (i32.lt_u (local.tee $tap (i32.add (local.get $tap) (i32.const 12))) (local.get $end))
          (then
            (local.set $a (i32.add (i32.load (local.get $tap)) (local.get $i)))
            (local.set $b (i32.add (i32.load offset=4 (local.get $tap)) (local.get $i)))
            (local.set $weight (i16x8.splat (i32.load offset=8 (local.get $tap))))
            (local.set $s0
              (i16x8.add (local.get $s0)
                (i16x8.mul
                  (i16x8.add (v128.load8x8_u offset=0 (local.get $a)) (v128.load8x8_u offset=0 (local.get $b)))
                  (local.get $weight))))
            (local.set $s1
              (i16x8.add (local.get $s1)
                (i16x8.mul
                  (i16x8.add (v128.load8x8_u offset=8 (local.get $a)) (v128.load8x8_u offset=8 (local.get $b)))
                  (local.get $weight))))
            (local.set $s2
              (i16x8.add (local.get $s2)
                (i16x8.mul
                  (i16x8.add (v128.load8x8_u offset=16 (local.get $a)) (v128.load8x8_u offset=16 (local.get $b)))
                  (local.get $weight))))
            (local.set $s3
              (i16x8.add (local.get $s3)
                (i16x8.mul
                  (i16x8.add (v128.load8x8_u offset=24 (local.get $a)) (v128.load8x8_u offset=24 (local.get $b)))
                  (local.get $weight))))
            (br $more))))
      (local.set $a (i32.add (local.get $to) (local.get $i)))
      (v128.store (local.get $a)
        (call $lifted
          (i8x16.narrow_i16x8_u (i16x8.shr_u (local.get $h0) (local.get $shift)) (i16x8.shr_u (local.get $h1) (local.get $shift)))
          (local.get $limits) (local.get $steps)))
      (v128.store offset=16 (local.get $a)
        (call $lifted
          (i8x16.narrow_i16x8_u (i16x8.shr_u (local.get $h2) (local.get $shift)) (i16x8.shr_u (local.get $h3) (local.get $shift)))
          (local.get $limits) (local.get $steps)))
      (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 32))) (local.get $length)))))

  ;; Bytes, each with the number of those of the `steps` bytes at `limits` added that it reaches; at most 255.
  (func $lifted (param $bytes v128) (param $limits i32) (param $steps i32) (result v128)
    (local $lifted v128)
    (local.set $lifted (local.get $bytes))
    (loop $next
      (if (local.get $steps)
        (then
          (local.set $steps (i32.sub (local.get $steps) (i32.const 1)))
          (local.set $lifted
            (i8x16.add_sat_u (local.get $lifted)
              (v128.and
                (i8x16.ge_u (local.get $bytes) (v128.load8_splat (i32.add (local.get $limits) (local.get $steps))))
                (i8x16.splat (i32.const 1)))))
          (br $next))))
    (local.get $lifted))

  ;; The first three of every four bytes. `pixels` are written four at a time.
  (func (export "rgbOf") (param $from i32) (param $pixels i32) (param $to i32)
    (loop $next
      (call $storeTwelve (local.get $to)
        (i8x16.swizzle (v128.load (local.get $from)) (v128.const i8x16 0 1 2 4 5 6 8 9 10 12 13 14 255 255 255 255)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 12)))
      (br_if $next (i32.gt_s (local.tee $pixels (i32.sub (local.get $pixels) (i32.const 4))) (i32.const 0)))))

  ;; base = (luma - 128) contrast + lift - luma saturation;  c <- base + c saturation
  (func (export "grade") (param $at i32) (param $pixels i32) (param $saturation f64) (param $contrast f64) (param $lift f64)
    (local $p v128) (local $luma v128) (local $base v128) (local $s v128)
    (local.set $s (f32x4.splat (f32.demote_f64 (local.get $saturation))))
    (loop $next
      (if (i32.ge_s (local.get $pixels) (i32.const 4))
        (then
          (local.set $p (v128.load (local.get $at)))
          (local.set $luma
            (f32x4.add
              (f32x4.add
                (f32x4.mul (f32x4.splat (f32.const 0.299)) (call $reds (local.get $p)))
                (f32x4.mul (f32x4.splat (f32.const 0.587)) (call $greens (local.get $p))))
              (f32x4.mul (f32x4.splat (f32.const 0.114)) (call $blues (local.get $p)))))
          (local.set $base
            (f32x4.sub
              (f32x4.add
                (f32x4.mul (f32x4.sub (local.get $luma) (f32x4.splat (f32.const 128))) (f32x4.splat (f32.demote_f64 (local.get $contrast))))
                (f32x4.splat (f32.demote_f64 (local.get $lift))))
              (f32x4.mul (local.get $luma) (local.get $s))))
          (if
            (i32.eqz
              (call $storeFour (local.get $at)
                (f32x4.add (local.get $base) (f32x4.mul (call $reds (local.get $p)) (local.get $s)))
                (f32x4.add (local.get $base) (f32x4.mul (call $greens (local.get $p)) (local.get $s)))
                (f32x4.add (local.get $base) (f32x4.mul (call $blues (local.get $p)) (local.get $s)))
                (f32.const 0x1p-10)))
            (then (call $gradeExactly (local.get $at) (i32.const 4) (local.get $saturation) (local.get $contrast) (local.get $lift))))
          (local.set $at (i32.add (local.get $at) (i32.const 12)))
          (local.set $pixels (i32.sub (local.get $pixels) (i32.const 4)))
          (br $next))))
    (call $gradeExactly (local.get $at) (local.get $pixels) (local.get $saturation) (local.get $contrast) (local.get $lift)))

  (func $gradeExactly (param $at i32) (param $pixels i32) (param $saturation f64) (param $contrast f64) (param $lift f64)
    (local $r v128) (local $g v128) (local $b v128) (local $luma v128) (local $base v128)
    (loop $next
      (if (i32.gt_s (local.get $pixels) (i32.const 0))
        (then
          (local.set $r (call $red (local.get $at)))
          (local.set $g (call $green (local.get $at)))
          (local.set $b (call $blue (local.get $at)))
          (local.set $luma
            (f64x2.add
              (f64x2.add
                (f64x2.mul (f64x2.splat (f64.const 0.299)) (local.get $r))
                (f64x2.mul (f64x2.splat (f64.const 0.587)) (local.get $g)))
              (f64x2.mul (f64x2.splat (f64.const 0.114)) (local.get $b))))
          (local.set $base
            (f64x2.sub
              (f64x2.add
                (f64x2.mul (f64x2.sub (local.get $luma) (f64x2.splat (f64.const 128))) (f64x2.splat (local.get $contrast)))
                (f64x2.splat (local.get $lift)))
              (f64x2.mul (local.get $luma) (f64x2.splat (local.get $saturation)))))
          (call $storeTwo (local.get $at)
            (f64x2.add (local.get $base) (f64x2.mul (local.get $r) (f64x2.splat (local.get $saturation))))
            (f64x2.add (local.get $base) (f64x2.mul (local.get $g) (f64x2.splat (local.get $saturation))))
            (f64x2.add (local.get $base) (f64x2.mul (local.get $b) (f64x2.splat (local.get $saturation))))
            (i32.eq (local.get $pixels) (i32.const 1)))
          (local.set $at (i32.add (local.get $at) (i32.const 6)))
          (local.set $pixels (i32.sub (local.get $pixels) (i32.const 2)))
          (br $next)))))

  ;; l = luma grey, w = chroma warm;  r <- r + l + w,  g <- g + l + chroma green,  b <- b + l - w
  (func (export "grain")
    (param $at i32) (param $width i32) (param $height i32) (param $size i32) (param $ox i32) (param $oy i32)
    (param $grey i32) (param $warm i32) (param $green i32) (param $luma f64) (param $chroma f64)
    (local $x i32) (local $y i32) (local $row i32) (local $i i32)
    (loop $down
      (local.set $row (call $rowOf (i32.add (local.get $y) (local.get $oy)) (local.get $size)))
      (local.set $x (i32.const 0))
      (loop $right
        (local.set $i (i32.add (local.get $row) (call $column (i32.add (local.get $x) (local.get $ox)) (local.get $size))))
        (if (i32.le_s (i32.add (local.get $x) (i32.const 4)) (local.get $width))
          (then
            (if (i32.eqz (call $grainFour (local.get $at) (i32.add (local.get $grey) (local.get $i)) (i32.add (local.get $warm) (local.get $i)) (i32.add (local.get $green) (local.get $i)) (local.get $luma) (local.get $chroma)))
              (then
                (call $grainTwo (local.get $at) (local.get $i) (local.get $grey) (local.get $warm) (local.get $green) (local.get $luma) (local.get $chroma) (i32.const 0))
                (call $grainTwo (i32.add (local.get $at) (i32.const 6)) (i32.add (local.get $i) (i32.const 8)) (local.get $grey) (local.get $warm) (local.get $green) (local.get $luma) (local.get $chroma) (i32.const 0))))
            (local.set $at (i32.add (local.get $at) (i32.const 12)))
            (local.set $x (i32.add (local.get $x) (i32.const 4))))
          (else
            (call $grainTwo (local.get $at) (local.get $i) (local.get $grey) (local.get $warm) (local.get $green) (local.get $luma) (local.get $chroma) (i32.const 1))
            (local.set $at (i32.add (local.get $at) (i32.const 3)))
            (local.set $x (i32.add (local.get $x) (i32.const 1)))))
        (br_if $right (i32.lt_s (local.get $x) (local.get $width))))
      (br_if $down (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height)))))

  ;; Four pixels. 0 if they have to be computed exactly.
  (func $grainFour (param $at i32) (param $grey i32) (param $warm i32) (param $green i32) (param $luma f64) (param $chroma f64) (result i32)
    (local $p v128) (local $l v128) (local $w v128) (local $c v128)
    (local.set $p (v128.load (local.get $at)))
    (local.set $c (f32x4.splat (f32.demote_f64 (local.get $chroma))))
    (local.set $l (f32x4.mul (f32x4.splat (f32.demote_f64 (local.get $luma))) (v128.load (local.get $grey))))
    (local.set $w (f32x4.mul (local.get $c) (v128.load (local.get $warm))))
    (call $storeFour (local.get $at)
      (f32x4.add (f32x4.add (call $reds (local.get $p)) (local.get $l)) (local.get $w))
      (f32x4.add (f32x4.add (call $greens (local.get $p)) (local.get $l)) (f32x4.mul (local.get $c) (v128.load (local.get $green))))
      (f32x4.sub (f32x4.add (call $blues (local.get $p)) (local.get $l)) (local.get $w))
      (f32.const 0x1p-11)))

  ;; Two pixels, or one, exactly.
  (func $grainTwo
    (param $at i32) (param $i i32) (param $grey i32) (param $warm i32) (param $green i32) (param $luma f64) (param $chroma f64) (param $one i32)
    (local $l v128) (local $w v128)
    (local.set $l
      (f64x2.mul (f64x2.splat (local.get $luma)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $grey) (local.get $i))))))
    (local.set $w
      (f64x2.mul (f64x2.splat (local.get $chroma)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $warm) (local.get $i))))))
    (call $storeTwo (local.get $at)
      (f64x2.add (f64x2.add (call $red (local.get $at)) (local.get $l)) (local.get $w))
      (f64x2.add
        (f64x2.add (call $green (local.get $at)) (local.get $l))
        (f64x2.mul (f64x2.splat (local.get $chroma)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $green) (local.get $i))))))
      (f64x2.sub (f64x2.add (call $blue (local.get $at)) (local.get $l)) (local.get $w))
      (local.get $one)))

  ;; Where the column of a field for a column of the picture lies in its row, in bytes.
  (func $column (param $x i32) (param $size i32) (result i32)
    (i32.shl
      (select (local.get $x) (i32.sub (local.get $x) (local.get $size)) (i32.lt_s (local.get $x) (local.get $size)))
      (i32.const 2)))

  ;; luma = (77 r + 150 g + 29 b) / 256, rounded down
  (func (export "lumaOf") (param $at i32) (param $pixels i32) (param $luma i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $luma) (local.get $pixels)))
    (loop $next
      (i32.store8 (local.get $luma)
        (i32.shr_u
          (i32.add
            (i32.add
              (i32.mul (i32.const 77) (i32.load8_u (local.get $at)))
              (i32.mul (i32.const 150) (i32.load8_u offset=1 (local.get $at))))
            (i32.mul (i32.const 29) (i32.load8_u offset=2 (local.get $at))))
          (i32.const 8)))
      (local.set $at (i32.add (local.get $at) (i32.const 3)))
      (br_if $next (i32.lt_u (local.tee $luma (i32.add (local.get $luma) (i32.const 1))) (local.get $end)))))

  ;; The address in `dark` for the contrast of luma around the pixel at `p`: |right - left| + |below - above|. `up` and `down` are offsets in bytes.
  (func $darkAt (param $p i32) (param $x i32) (param $width i32) (param $reach i32) (param $up i32) (param $down i32) (param $dark i32) (result i32)
    (local $across i32) (local $along i32)
    (local.set $across
      (i32.sub
        (i32.load8_u (i32.add (local.get $p) (select (local.get $reach) (i32.const 0) (i32.lt_s (i32.add (local.get $x) (local.get $reach)) (local.get $width)))))
        (i32.load8_u (i32.sub (local.get $p) (select (local.get $reach) (i32.const 0) (i32.ge_s (local.get $x) (local.get $reach)))))))
    (local.set $along
      (i32.sub
        (i32.load8_u (i32.add (local.get $p) (local.get $down)))
        (i32.load8_u (i32.sub (local.get $p) (local.get $up)))))
    (i32.add (local.get $dark)
      (i32.shl
        (i32.add
          (select (local.get $across) (i32.sub (i32.const 0) (local.get $across)) (i32.ge_s (local.get $across) (i32.const 0)))
          (select (local.get $along) (i32.sub (i32.const 0) (local.get $along)) (i32.ge_s (local.get $along) (i32.const 0))))
        (i32.const 3))))

  ;; (paper - (paper - c) wash) dark + tooth
  (func $washed (param $paper f64) (param $c v128) (param $wash v128) (param $dark v128) (param $tooth v128) (result v128)
    (f64x2.add
      (f64x2.mul
        (f64x2.sub
          (f64x2.splat (local.get $paper))
          (f64x2.mul (f64x2.sub (f64x2.splat (local.get $paper)) (local.get $c)) (local.get $wash)))
        (local.get $dark))
      (local.get $tooth)))

  ;; Watercolour: wash = 0.8 + 0.16 pigment + 0.1 pool, tooth = 6 paper. `darks` has one double for each sum of two differences of luma.
  (func (export "paint")
    (param $at i32) (param $width i32) (param $height i32) (param $size i32) (param $ox i32) (param $oy i32)
    (param $pigment i32) (param $pool i32) (param $paper i32) (param $luma i32) (param $darks i32) (param $reach i32)
    (local $x i32) (local $y i32) (local $row i32) (local $i i32) (local $up i32) (local $down i32)
    (loop $below
      (local.set $row (call $rowOf (i32.add (local.get $y) (local.get $oy)) (local.get $size)))
      (local.set $up (select (i32.mul (local.get $reach) (local.get $width)) (i32.const 0) (i32.ge_s (local.get $y) (local.get $reach))))
      (local.set $down
        (select (i32.mul (local.get $reach) (local.get $width)) (i32.const 0) (i32.lt_s (i32.add (local.get $y) (local.get $reach)) (local.get $height))))
      (local.set $x (i32.const 0))
      (loop $right
        (local.set $i (i32.add (local.get $row) (call $column (i32.add (local.get $x) (local.get $ox)) (local.get $size))))
        (if
          (if (result i32)
            (i32.and
              (i32.ge_s (local.get $x) (local.get $reach))
              (i32.le_s (i32.add (i32.add (local.get $x) (i32.const 4)) (local.get $reach)) (local.get $width)))
            (then
              (call $paintFour (local.get $at) (local.get $luma) (local.get $reach) (local.get $up) (local.get $down)
                (i32.add (local.get $pigment) (local.get $i)) (i32.add (local.get $pool) (local.get $i)) (i32.add (local.get $paper) (local.get $i))))
            (else (i32.const 0)))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 12)))
            (local.set $luma (i32.add (local.get $luma) (i32.const 4)))
            (local.set $x (i32.add (local.get $x) (i32.const 4))))
          (else
            (call $paintOne (local.get $at) (local.get $luma) (local.get $x) (local.get $width) (local.get $reach) (local.get $up) (local.get $down) (local.get $i) (local.get $pigment) (local.get $pool) (local.get $paper) (local.get $darks))
            (local.set $at (i32.add (local.get $at) (i32.const 3)))
            (local.set $luma (i32.add (local.get $luma) (i32.const 1)))
            (local.set $x (i32.add (local.get $x) (i32.const 1)))))
        (br_if $right (i32.lt_s (local.get $x) (local.get $width))))
      (br_if $below (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height)))))

  ;; Four pixels that lie further than `reach` from the left and right borders. 0 if they have to be computed exactly.
  (func $paintFour
    (param $at i32) (param $luma i32) (param $reach i32) (param $up i32) (param $down i32) (param $pigment i32) (param $pool i32) (param $paper i32) (result i32)
    (local $p v128) (local $wash v128) (local $dark v128) (local $tooth v128)
    (local.set $dark
      (f32x4.sub
        (f32x4.splat (f32.const 1))
        (f32x4.mul
          (f32x4.splat (f32.const 0.42))
          (f32x4.min
            (f32x4.splat (f32.const 1))
            (f32x4.mul
              (f32x4.splat (f32.const 0x1.818182p-8))
              (f32x4.convert_i32x4_s
                (i32x4.extend_low_i16x8_u
                  (i16x8.add
                    (call $apart (v128.load32_zero (i32.add (local.get $luma) (local.get $reach))) (v128.load32_zero (i32.sub (local.get $luma) (local.get $reach))))
                    (call $apart (v128.load32_zero (i32.add (local.get $luma) (local.get $down))) (v128.load32_zero (i32.sub (local.get $luma) (local.get $up))))))))))))
    (local.set $wash
      (f32x4.add
        (f32x4.add (f32x4.splat (f32.const 0.8)) (f32x4.mul (f32x4.splat (f32.const 0.16)) (v128.load (local.get $pigment))))
        (f32x4.mul (f32x4.splat (f32.const 0.1)) (v128.load (local.get $pool)))))
    (local.set $tooth (f32x4.mul (f32x4.splat (f32.const 6)) (v128.load (local.get $paper))))
    (local.set $p (v128.load (local.get $at)))
    (call $storeFour (local.get $at)
      (call $washedFour (f32.const 252) (call $reds (local.get $p)) (local.get $wash) (local.get $dark) (local.get $tooth))
      (call $washedFour (f32.const 249) (call $greens (local.get $p)) (local.get $wash) (local.get $dark) (local.get $tooth))
      (call $washedFour (f32.const 241) (call $blues (local.get $p)) (local.get $wash) (local.get $dark) (local.get $tooth))
      (f32.const 0x1p-10)))

  ;; |a - b| of four bytes, as int16.
  (func $apart (param $a v128) (param $b v128) (result v128)
    (i16x8.extend_low_i8x16_u
      (v128.or (i8x16.sub_sat_u (local.get $a) (local.get $b)) (i8x16.sub_sat_u (local.get $b) (local.get $a)))))

  ;; As $washed, in single precision.
  (func $washedFour (param $paper f32) (param $c v128) (param $wash v128) (param $dark v128) (param $tooth v128) (result v128)
    (f32x4.add
      (f32x4.mul
        (f32x4.sub
          (f32x4.splat (local.get $paper))
          (f32x4.mul (f32x4.sub (f32x4.splat (local.get $paper)) (local.get $c)) (local.get $wash)))
        (local.get $dark))
      (local.get $tooth)))

  ;; One pixel, exactly.
  (func $paintOne
    (param $at i32) (param $luma i32) (param $x i32) (param $width i32) (param $reach i32) (param $up i32) (param $down i32)
    (param $i i32) (param $pigment i32) (param $pool i32) (param $paper i32) (param $darks i32)
    (local $wash v128) (local $dark v128) (local $tooth v128)
    (local.set $wash
      (f64x2.add
        (f64x2.add
          (f64x2.splat (f64.const 0.8))
          (f64x2.mul (f64x2.splat (f64.const 0.16)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $pigment) (local.get $i))))))
        (f64x2.mul (f64x2.splat (f64.const 0.1)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $pool) (local.get $i)))))))
    (local.set $tooth
      (f64x2.mul (f64x2.splat (f64.const 6)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $paper) (local.get $i))))))
    (local.set $dark
      (v128.load64_zero (call $darkAt (local.get $luma) (local.get $x) (local.get $width) (local.get $reach) (local.get $up) (local.get $down) (local.get $darks))))
    (call $storeTwo (local.get $at)
      (call $washed (f64.const 252) (call $red (local.get $at)) (local.get $wash) (local.get $dark) (local.get $tooth))
      (call $washed (f64.const 249) (call $green (local.get $at)) (local.get $wash) (local.get $dark) (local.get $tooth))
      (call $washed (f64.const 241) (call $blue (local.get $at)) (local.get $wash) (local.get $dark) (local.get $tooth))
      (i32.const 1)))

  ;; left + t (right - left), for two of the channels, where both are three channels side by side as int32.
  (func $between (param $left v128) (param $right v128) (param $t v128) (result v128)
    (f64x2.add
      (f64x2.convert_low_i32x4_s (local.get $left))
      (f64x2.mul (local.get $t) (f64x2.convert_low_i32x4_s (i32x4.sub (local.get $right) (local.get $left))))))

  ;; top + t (bottom - top) + 0.5, rounded down
  (func $mixed (param $top v128) (param $bottom v128) (param $t v128) (result v128)
    (call $rounded
      (f64x2.floor
        (f64x2.add
          (f64x2.add (local.get $top) (f64x2.mul (local.get $t) (f64x2.sub (local.get $bottom) (local.get $top))))
          (f64x2.splat (f64.const 0.5))))))

  ;; A number of the field `x` and the number of the field `y` in the same place, times `amount`.
  (func $moved (param $x i32) (param $y i32) (param $amount f64) (result v128)
    (f64x2.mul
      (f64x2.splat (local.get $amount))
      (f64x2.promote_low_f32x4 (v128.load32_lane 1 (local.get $y) (v128.load32_zero (local.get $x))))))

  ;; Takes each pixel from where one or two displacements lead, by bilinear interpolation, clamped at the borders. `x2` 0: there is one.
  ;; `right` and `low` are the largest coordinates.
  (func (export "displace")
    (param $from i32) (param $to i32) (param $width i32) (param $height i32) (param $size i32) (param $ox i32) (param $oy i32)
    (param $x1 i32) (param $y1 i32) (param $a1 f64) (param $x2 i32) (param $y2 i32) (param $a2 f64) (param $right f64) (param $low f64) (param $close f32)
    (local $x i32) (local $y i32) (local $row i32) (local $i i32) (local $end i32) (local $most v128)
    (local.set $most (f64x2.replace_lane 1 (f64x2.splat (local.get $right)) (local.get $low)))
    (loop $down
      (local.set $row (call $rowOf (i32.add (local.get $y) (local.get $oy)) (local.get $size)))
      (local.set $x (i32.const 0))
      (loop $next
        (local.set $end (i32.add (local.get $x) (i32.const 4)))
        (if
          (if (result i32) (i32.le_s (local.get $end) (local.get $width))
            (then
              (local.set $i (i32.add (local.get $row) (call $column (i32.add (local.get $x) (local.get $ox)) (local.get $size))))
              (call $displaceFour
                (local.get $from) (local.get $to) (local.get $width) (local.get $height) (local.get $x) (local.get $y)
                (i32.add (local.get $x1) (local.get $i)) (i32.add (local.get $y1) (local.get $i)) (f32.demote_f64 (local.get $a1))
                (select (i32.add (local.get $x2) (local.get $i)) (i32.const 0) (local.get $x2)) (i32.add (local.get $y2) (local.get $i)) (f32.demote_f64 (local.get $a2))
                (local.get $close)))
            (else
              (local.set $end (local.get $width))
              (i32.const 0)))
          (then
            (local.set $x (local.get $end))
            (local.set $to (i32.add (local.get $to) (i32.const 12))))
          (else
            (loop $exactly
              (local.set $i (i32.add (local.get $row) (call $column (i32.add (local.get $x) (local.get $ox)) (local.get $size))))
              (call $displaceOne
                (local.get $from) (local.get $to) (local.get $width) (local.get $x) (local.get $y) (local.get $i)
                (local.get $x1) (local.get $y1) (local.get $a1) (local.get $x2) (local.get $y2) (local.get $a2) (local.get $most))
              (local.set $to (i32.add (local.get $to) (i32.const 3)))
              (br_if $exactly (i32.lt_s (local.tee $x (i32.add (local.get $x) (i32.const 1))) (local.get $end))))))
        (br_if $next (i32.lt_s (local.get $x) (local.get $width))))
      (br_if $down (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height)))))

  ;; Four pixels. 0 if they have to be computed exactly, also where one of them comes from near the border. `x2` 0: there is one displacement.
  (func $displaceFour
    (param $from i32) (param $to i32) (param $width i32) (param $height i32) (param $x i32) (param $y i32)
    (param $x1 i32) (param $y1 i32) (param $a1 f32) (param $x2 i32) (param $y2 i32) (param $a2 f32) (param $close f32) (result i32)
    (local $dx v128) (local $dy v128) (local $wx v128) (local $wy v128) (local $p v128) (local $down i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $dx (f32x4.mul (f32x4.splat (local.get $a1)) (v128.load (local.get $x1))))
    (local.set $dy (f32x4.mul (f32x4.splat (local.get $a1)) (v128.load (local.get $y1))))
    (if (local.get $x2)
      (then
        (local.set $dx (f32x4.add (local.get $dx) (f32x4.mul (f32x4.splat (local.get $a2)) (v128.load (local.get $x2)))))
        (local.set $dy (f32x4.add (local.get $dy) (f32x4.mul (f32x4.splat (local.get $a2)) (v128.load (local.get $y2)))))))
    (local.set $wx (f32x4.floor (local.get $dx)))
    (local.set $wy (f32x4.floor (local.get $dy)))
    (local.set $dx (f32x4.sub (local.get $dx) (local.get $wx)))
    (local.set $dy (f32x4.sub (local.get $dy) (local.get $wy)))
    (local.set $wx
      (i32x4.add (call $integer (call $nearest (local.get $wx))) (i32x4.add (i32x4.splat (local.get $x)) (v128.const i32x4 0 1 2 3))))
    (local.set $wy (i32x4.add (call $integer (call $nearest (local.get $wy))) (i32x4.splat (local.get $y))))
    (if
      (v128.any_true
        (v128.or
          (i32x4.gt_u (local.get $wx) (i32x4.splat (i32.sub (local.get $width) (i32.const 3))))
          (i32x4.gt_u (local.get $wy) (i32x4.splat (i32.sub (local.get $height) (i32.const 3))))))
      (then (return (i32.const 0))))
    (local.set $down (i32.mul (i32.const 3) (local.get $width)))
    (local.set $p
      (i32x4.add
        (i32x4.add (i32x4.splat (local.get $from)) (i32x4.mul (local.get $wy) (i32x4.splat (local.get $down))))
        (i32x4.mul (local.get $wx) (i32x4.splat (i32.const 3)))))
    (local.set $a
      (call $blend (i32x4.extract_lane 0 (local.get $p)) (local.get $down)
        (i8x16.shuffle 0 1 2 3 0 1 2 3 0 1 2 3 0 1 2 3 (local.get $dx) (local.get $dx)) (i8x16.shuffle 0 1 2 3 0 1 2 3 0 1 2 3 0 1 2 3 (local.get $dy) (local.get $dy))))
    (local.set $b
      (call $blend (i32x4.extract_lane 1 (local.get $p)) (local.get $down)
        (i8x16.shuffle 4 5 6 7 4 5 6 7 4 5 6 7 4 5 6 7 (local.get $dx) (local.get $dx)) (i8x16.shuffle 4 5 6 7 4 5 6 7 4 5 6 7 4 5 6 7 (local.get $dy) (local.get $dy))))
    (local.set $c
      (call $blend (i32x4.extract_lane 2 (local.get $p)) (local.get $down)
        (i8x16.shuffle 8 9 10 11 8 9 10 11 8 9 10 11 8 9 10 11 (local.get $dx) (local.get $dx)) (i8x16.shuffle 8 9 10 11 8 9 10 11 8 9 10 11 8 9 10 11 (local.get $dy) (local.get $dy))))
    (local.set $d
      (call $blend (i32x4.extract_lane 3 (local.get $p)) (local.get $down)
        (i8x16.shuffle 12 13 14 15 12 13 14 15 12 13 14 15 12 13 14 15 (local.get $dx) (local.get $dx)) (i8x16.shuffle 12 13 14 15 12 13 14 15 12 13 14 15 12 13 14 15 (local.get $dy) (local.get $dy))))
    (local.set $wx (call $nearest (local.get $a)))
    (local.set $wy (call $nearest (local.get $b)))
    (local.set $dx (call $nearest (local.get $c)))
    (local.set $dy (call $nearest (local.get $d)))
    (if
      (v128.any_true
        (v128.or
          (v128.or (call $unsure (local.get $a) (local.get $wx) (local.get $close)) (call $unsure (local.get $b) (local.get $wy) (local.get $close)))
          (v128.or (call $unsure (local.get $c) (local.get $dx) (local.get $close)) (call $unsure (local.get $d) (local.get $dy) (local.get $close)))))
      (then (return (i32.const 0))))
    (call $storeTwelve (local.get $to)
      (i8x16.swizzle
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (call $integer (local.get $wx)) (call $integer (local.get $wy)))
          (i16x8.narrow_i32x4_s (call $integer (local.get $dx)) (call $integer (local.get $dy))))
        (v128.const i8x16 0 1 2 4 5 6 8 9 10 12 13 14 255 255 255 255)))
    (i32.const 1))

  ;; The three channels between the pixel at `p`, its right neighbour, and the two below, which lie `down` bytes on.
  (func $blend (param $p i32) (param $down i32) (param $tx v128) (param $ty v128) (result v128)
    (local $above v128) (local $below v128)
    (local.set $above (call $across (v128.load64_zero (local.get $p)) (local.get $tx)))
    (local.set $below (call $across (v128.load64_zero (i32.add (local.get $p) (local.get $down))) (local.get $tx)))
    (f32x4.add (local.get $above) (f32x4.mul (local.get $ty) (f32x4.sub (local.get $below) (local.get $above)))))
  (func $across (param $two v128) (param $t v128) (result v128)
    (local $left v128)
    (local.set $left (f32x4.convert_i32x4_s (i8x16.swizzle (local.get $two) (v128.const i8x16 0 255 255 255 1 255 255 255 2 255 255 255 255 255 255 255))))
    (f32x4.add (local.get $left)
      (f32x4.mul (local.get $t)
        (f32x4.sub
          (f32x4.convert_i32x4_s (i8x16.swizzle (local.get $two) (v128.const i8x16 3 255 255 255 4 255 255 255 5 255 255 255 255 255 255 255)))
          (local.get $left)))))

  ;; One pixel, exactly. `most` has the largest coordinates.
  (func $displaceOne
    (param $from i32) (param $to i32) (param $width i32) (param $x i32) (param $y i32) (param $i i32)
    (param $x1 i32) (param $y1 i32) (param $a1 f64) (param $x2 i32) (param $y2 i32) (param $a2 f64) (param $most v128)
    (local $s v128) (local $whole v128) (local $x0 i32) (local $y0 i32) (local $p i32)
    (local $tx v128) (local $ty v128) (local $above v128) (local $below v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $s
      (f64x2.add
        (f64x2.replace_lane 1 (f64x2.splat (f64.convert_i32_s (local.get $x))) (f64.convert_i32_s (local.get $y)))
        (call $moved (i32.add (local.get $x1) (local.get $i)) (i32.add (local.get $y1) (local.get $i)) (local.get $a1))))
    (if (local.get $x2)
      (then
        (local.set $s
          (f64x2.add (local.get $s)
            (call $moved (i32.add (local.get $x2) (local.get $i)) (i32.add (local.get $y2) (local.get $i)) (local.get $a2))))))
    (local.set $s (f64x2.pmin (f64x2.pmax (local.get $s) (v128.const f64x2 0 0)) (local.get $most)))
    (local.set $whole (f64x2.floor (local.get $s)))
    (local.set $s (f64x2.sub (local.get $s) (local.get $whole)))
    (local.set $tx (i8x16.shuffle 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 (local.get $s) (local.get $s)))
    (local.set $ty (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $s) (local.get $s)))
    (local.set $whole (call $rounded (local.get $whole)))
    (local.set $x0 (i32x4.extract_lane 0 (local.get $whole)))
    (local.set $y0 (i32x4.extract_lane 2 (local.get $whole)))
    (local.set $p
      (i32.add (local.get $from)
        (i32.mul (i32.const 3) (i32.add (i32.mul (local.get $y0) (local.get $width)) (local.get $x0)))))
    (local.set $above (v128.load64_zero (local.get $p)))
    (local.set $below (v128.load64_zero (i32.add (local.get $p) (i32.mul (i32.const 3) (local.get $width)))))
    (local.set $a (i8x16.swizzle (local.get $above) (v128.const i8x16 0 255 255 255 1 255 255 255 2 255 255 255 255 255 255 255)))
    (local.set $b (i8x16.swizzle (local.get $above) (v128.const i8x16 3 255 255 255 4 255 255 255 5 255 255 255 255 255 255 255)))
    (local.set $c (i8x16.swizzle (local.get $below) (v128.const i8x16 0 255 255 255 1 255 255 255 2 255 255 255 255 255 255 255)))
    (local.set $d (i8x16.swizzle (local.get $below) (v128.const i8x16 3 255 255 255 4 255 255 255 5 255 255 255 255 255 255 255)))
    (v128.store32_lane 0 (local.get $to)
      (i8x16.shuffle 0 8 16 16 16 16 16 16 16 16 16 16 16 16 16 16
        (call $mixed
          (call $between (local.get $a) (local.get $b) (local.get $tx))
          (call $between (local.get $c) (local.get $d) (local.get $tx))
          (local.get $ty))
        (call $mixed
          (call $between (call $high (local.get $a)) (call $high (local.get $b)) (local.get $tx))
          (call $between (call $high (local.get $c)) (call $high (local.get $d)) (local.get $tx))
          (local.get $ty)))))

  ;; The upper two int32 of a vector, as its lower two.
  (func $high (param $v v128) (result v128)
    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
