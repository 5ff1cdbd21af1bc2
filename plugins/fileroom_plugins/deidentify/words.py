"""Words that tell nobody from others, folded."""

from __future__ import annotations

_NOBODY = """
    am and anon anonym anonymised anonymized anonymous center centre clinic da de del demo den department
    der des di doctor dr du example first frau herr hopital hospital im institut institute klinik
    krankenhaus la last le med middle miss mr mrs ms msc name nobody none null of patient phantom phd
    physician praxis prof radiology sample spital st study test tester testing the undefined university
    unknown unnamed unspecified van von zentrum zu zur
"""
GENERIC = frozenset(_NOBODY.split())
"""Words that many objects hold where there might be a name."""

_MEDICINE = """
    abdomen abdominal achilles angiographie angiography anterior aorta arm arterial arteriell arthrography
    axial becken biopsie biopsy bladder blood body bone brain breast bronchi brust brustkorb
    brustwirbelsaule cardiac carotid cerebral cervical chest clavicle colon contrast contraste coronal
    coronary cranial cranium diffusion dynamic elbow ellenbogen extremity femoral femur finger follow
    frontal fuss gallenstein gehirn gelenk glieder hals halswirbelsaule hand handgelenk head heart hepatic
    herz hirn hirnstamm hufte image imaging internal intervention joint kiefer kleinhirn knee knie knochen
    kontrast kontrastmittel kopf kopfschmerz korper lateral leber left lendenwirbelsaule lesion links
    liver localizer lower lumbar lung lunge magen mammographie mammography medial milz nasal nativ native
    neck nephro neuro niere nieren nierenstein oberarm oberschenkel oblique ohne orbit orbita pancreas
    pankreas pelvis perfusion phase portal posterior prostata prostate pulmonary radiographie radius
    rechts renal right rontgen sagittal schadel schulter scout sequence serie series shoulder sinus skull
    spinal spine spiral standard steinschnitt stomach stone survey thoracic thorax thyroid tibia topogram
    trauma tumor ulna ultrasound unterarm unterschenkel untersuchung upper urography uterus vein vena
    venos venous vertebra view wirbelsaule wrist
"""
ORDINARY = frozenset(_MEDICINE.split())
"""Words of medicine: what lies within one is no name, and none of them tells an institution from others."""
