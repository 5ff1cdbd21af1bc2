"""Words that tell nobody from others, folded."""

from __future__ import annotations

_PARTICLES = """
    am da de del den der des di du im la le of st the van von zu zum zur
"""
PARTICLES = frozenset(_PARTICLES.split())
"""Words that tell nobody by themselves, and are a name where all of it is made of them, as *Le^Van* is."""

_NOBODY = """
    and anon anonym anonymised anonymized anonymous center centre clinic demo department doctor dr example
    first frau herr hopital hospital institut institute klinik krankenhaus last med middle miss mr mrs ms
    msc name nobody none null patient phantom phd physician praxis prof radiology sample spital study test
    tester testing undefined university unknown unnamed unspecified zentrum
"""
GENERIC = PARTICLES | frozenset(_NOBODY.split())
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

_TECHNICAL = """
    abdomenpelvis ankle average axilla auto back beam biped bones buttock calf chestabdomen coccyx cone
    contour cspine cube dark derived detail dual ear echo edge extremity eye face fast feet field filter fine
    flash flat focus foot frame free gradient green grey hard headneck helical high hip humerus ir iris iso
    jaw kidney lang large larynx leg long lossy low lspine mandible mask maxilla medium mixed mouth multi
    nose original ovary parotid patella pelvis penis pharynx phoenix plain primary pulse quick ray rectum
    red rib scalp scapula screen secondary segment sharp short shot single skeleton slice slim slow small
    smooth soft spin spleen sspine stark start sternum still strong thigh thin thumb time toe tongue trachea
    tspine turbo twin ureter urethra vagina vessel volume vulva wedge weight white whole wholebody wide
    window zoom
"""
TECHNICAL = ORDINARY | frozenset(_TECHNICAL.split())
"""Words of medicine and of devices, which short values of images hold whoever the patient is."""
